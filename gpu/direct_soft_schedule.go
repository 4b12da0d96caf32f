package gpu

import (
	"fmt"
	"strings"
)

func (c softConstants) defines() []define {
	_, texels := c.window()
	rows, _ := c.window()
	return []define{
		{"LANES", fmt.Sprint(softLanes)},
		{"FILTERS", fmt.Sprint(c.filters)},
		{"CHANNELS", fmt.Sprint(c.channels)},
		{"ROWS", fmt.Sprint(c.rows)},
		{"SEGMENTS", fmt.Sprint(c.segments)},
		{"STRIDE_H", fmt.Sprint(c.stride[0])},
		{"BLOCK_TEXELS", fmt.Sprint(4 * c.segments * c.stride[1] / c.perTexel())},
		{"WINDOW", fmt.Sprint(rows)},
		{"LOADS", fmt.Sprint(texels)},
		{"VECTORS", bit(c.vectors)},
		{"PADDING_MODE", fmt.Sprint(int(c.paddingMode))},
		{"WEIGHTS", fmt.Sprint(ceilDiv(c.floats(), 4))},
		{"FIRST_BIAS", fmt.Sprint(c.filters * c.taps())},
		{"PASSES", bit(c.passes)},
		{"RELU", bit(c.relu)},
		{"SCHEDULE", c.schedule()},
	}
}

// schedule writes the loops, unrolled: each texel that a tap meets once, then
// filter by filter its taps.
func (c softConstants) schedule() string {
	var loads, adds strings.Builder
	loaded := map[[3]int]bool{}
	for f := range c.filters {
		c.eachSum(func(s, _, _ int) { fmt.Fprintf(&adds, "BEGIN(%d,%d) ", f, s) })
		c.eachTap(func(tap, channel, u, v int) {
			c.eachSum(func(s, row, segment int) {
				r := row*c.stride[0] + u*c.dilation[0]
				e := c.shift + 4*segment*c.stride[1] + v*c.dilation[1]
				fmt.Fprintf(&adds, "ADD(%d,%d,%d,%d,%d,%d) ", f*c.taps()+tap, s, channel, r, e, c.stride[1])
				for j := range 4 {
					at := [3]int{channel, r, (e + j*c.stride[1]) / c.perTexel()}
					if !loaded[at] {
						loaded[at] = true
						fmt.Fprintf(&loads, "LOAD(%d,%d,%d) ", at[0], at[1], at[2])
					}
				}
			})
		})
		c.eachSum(func(s, _, _ int) { fmt.Fprintf(&adds, "END(%d,%d) ", f, s) })
	}
	return strings.TrimSpace(loads.String() + adds.String())
}

// eachSum calls f with each vec4 of sums and its place in the block.
func (c softConstants) eachSum(f func(s, row, segment int)) {
	for s := range c.rows * c.segments {
		f(s, s/c.segments, s%c.segments)
	}
}

// eachTap calls f with each tap of a step.
func (c softConstants) eachTap(f func(tap, channel, u, v int)) {
	for tap := range c.taps() {
		f(tap, tap/(c.tapsH*c.kernelW), tap/c.kernelW%c.tapsH, tap%c.kernelW)
	}
}
