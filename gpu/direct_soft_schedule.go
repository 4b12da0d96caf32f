package gpu

import (
	"fmt"
	"strings"
)

func (c softConstants) defines() []define {
	return []define{
		{"LANES", fmt.Sprint(softLanes)},
		{"ROWS", fmt.Sprint(c.rows)},
		{"SEGMENTS", fmt.Sprint(c.segments)},
		{"STRIDE_H", fmt.Sprint(c.stride[0])},
		{"BLOCK_TEXELS", fmt.Sprint(4 * c.segments * c.stride[1] / c.perTexel())},
		{"VECTORS", bit(c.vectors)},
		{"PADDING_MODE", fmt.Sprint(int(c.paddingMode))},
		{"WEIGHTS", fmt.Sprint(ceilDiv(c.floats(), 4))},
		{"PASSES", bit(c.passes)},
		{"RELU", bit(c.relu)},
		{"SCHEDULE", c.schedule()},
	}
}

// schedule writes the loops, unrolled: each texel that a tap meets once, then
// filter by filter its taps.
func (c softConstants) schedule() string {
	var loads, adds strings.Builder
	loaded := map[[3]int]string{}
	element := func(channel, row, at int) string {
		texel := [3]int{channel, row, at / c.perTexel()}
		name, ok := loaded[texel]
		if !ok {
			name = fmt.Sprintf("x%d", len(loaded))
			loaded[texel] = name
			fmt.Fprintf(&loads, "LOAD(%s,%d,%d,%d) ", name, texel[0], texel[1], texel[2])
		}
		if c.vectors {
			name += "." + lane(at)
		}
		return name
	}
	for f := range c.filters {
		sum := func(row, segment int) string { return fmt.Sprintf("s%d_%d_%d", f, row, segment) }
		c.eachSum(func(row, segment int) {
			fmt.Fprintf(&adds, "BEGIN(%s,%d,%d,%d,%s) ", sum(row, segment), f, row, segment, weightName(c.filters*c.taps()+f))
		})
		c.eachTap(func(tap, channel, u, v int) {
			c.eachSum(func(row, segment int) {
				fmt.Fprintf(&adds, "ADD(%s,%s", sum(row, segment), weightName(f*c.taps()+tap))
				for j := range 4 {
					at := c.shift + (4*segment+j)*c.stride[1] + v*c.dilation[1]
					fmt.Fprintf(&adds, ",%s", element(channel, row*c.stride[0]+u*c.dilation[0], at))
				}
				adds.WriteString(") ")
			})
		})
		c.eachSum(func(row, segment int) { fmt.Fprintf(&adds, "END(%s,%d,%d,%d) ", sum(row, segment), f, row, segment) })
	}
	return strings.TrimSpace(loads.String() + adds.String())
}

// weightName is a float of the uniform block.
func weightName(at int) string { return fmt.Sprintf("weight[%d].%s", at/4, lane(at)) }

func lane(at int) string { return "xyzw"[at%4 : at%4+1] }

// eachSum calls f with the place of each vec4 of sums in the block.
func (c softConstants) eachSum(f func(row, segment int)) {
	for row := range c.rows {
		for segment := range c.segments {
			f(row, segment)
		}
	}
}

// eachTap calls f with each tap of a step.
func (c softConstants) eachTap(f func(tap, channel, u, v int)) {
	for tap := range c.taps() {
		f(tap, tap/(c.tapsH*c.kernelW), tap/c.kernelW%c.tapsH, tap%c.kernelW)
	}
}
