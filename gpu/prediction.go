package gpu

// Peaks are the most that a device can do, as its maker publishes them.
type Peaks struct {
	FLOPS float64 `json:"flops"` // operations of float32 a second, two for each multiply-add
	Bytes float64 `json:"bytes"` // bytes a second of its memory
}

// Prediction is how long a device would take to compute a problem, according to a model: see Device.Predict. Times
// are in seconds. They leave out copies between the host and the device, launches, and the tails of dispatches.
type Prediction struct {
	Peaks    Peaks            `json:"peaks"`
	Class    string           `json:"class"`    // of the device, one of [ClassNames]
	Compiler string           `json:"compiler"` // whose instructions are counted, and for which chip
	Seconds  float64          `json:"seconds"`
	Stages   []PredictedStage `json:"stages"`
}

// PredictedStage is one shader. It takes as long as the longest of Memory, Arithmetic/Busy and Access/Busy.
type PredictedStage struct {
	Shader  string  `json:"shader"`
	Seconds float64 `json:"seconds"`
	// what takes longest: arithmetic, access, memory, or waiting if Busy is below 1
	Bound      string  `json:"bound"`
	Arithmetic float64 `json:"arithmetic"` // for instructions alone
	Access     float64 `json:"access"`     // for shared memory and caches alone
	Memory     float64 `json:"memory"`     // for device memory alone
	Busy       float64 `json:"busy"`       // the part of the time in which schedulers have a wave that does not wait
	// the program whose instructions were counted: problem/algorithm/shader; "" if none
	Counted     string   `json:"counted"`
	Differences []string `json:"differences"` // constants in which that program differs from this stage's
	Registers   int      `json:"registers"`   // of an invocation
	Waves       int      `json:"waves"`       // that run at once on a SIMD of AMD or a multiprocessor of NVIDIA
}
