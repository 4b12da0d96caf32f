package statistics

// Written by testdata/make_yuen.py.
const (
	yuenStatistic = 5.396877225423
	yuenP         = 0.000269026486341
)
