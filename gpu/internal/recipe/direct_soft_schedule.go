package recipe

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

func (c softConstants) Defines() []Define {
	prologue, turn := c.schedule()
	return append(c.finish.defines(), []Define{
		{"LANES", fmt.Sprint(softLanes)},
		{"ROWS", fmt.Sprint(c.rows)},
		{"SEGMENTS", fmt.Sprint(c.segments)},
		{"STRIDE_H", fmt.Sprint(c.stride[0])},
		{"BLOCK_TEXELS", fmt.Sprint(4 * c.segments * c.stride[1] / c.perTexel())},
		{"VECTORS", bit(c.vectors)},
		sourceMode(c.paddingMode),
		{"WEIGHTS", fmt.Sprint(c.weights())},
		{"PASSES", bit(c.passes)},
		{"RELU", bit(c.relu)},
		{"LOOPED", bit(c.looped)},
		{"EXACT", bit(c.exact)},
		{"PROLOGUE", prologue},
		{"TURN", turn},
	}...)
}

// weights is how many vec4 the weights and biases of a step take.
func (c softConstants) weights() int { return ceilDiv(c.floats(), 4) }

// texel is a place in a window, which is the pixels that the taps of a block read. row counts from the block's first
// row of pixels, at counts texels from the row's first.
type texel struct{ channel, row, at int }

// softWindow maps each texel that taps read to the GLSL variable that holds it.
type softWindow map[texel]string

// element returns the GLSL expression for a float of the window. at is its place in the row, in floats from the row's
// first texel. element adds the texel to w if w lacks it.
func (w softWindow) element(c softConstants, channel, row, at int) string {
	t := texel{channel, row, at / c.perTexel()}
	if w[t] == "" {
		w[t] = fmt.Sprintf("x%d", len(w))
	}
	if c.vectors {
		return w[t] + "." + lane(at)
	}
	return w[t]
}

// schedule returns the unrolled loops in GLSL. turn computes one block of sums. If there are several turns, it keeps
// the rows of the window that the next block needs too, so that the next turn need not load them. prologue reads the
// weights, and for the first turn the rows that a turn before it would have kept.
func (c softConstants) schedule() (prologue, turn string) {
	var before, loads, sums, slide strings.Builder
	window := softWindow{}
	for f := 0; f < c.filters; f += c.filtersPerPlane() {
		c.eachOutput(func(row, segment int) { c.writeOutput(&sums, window, f, row, segment) })
	}
	for i := range c.weights() {
		fmt.Fprintf(&before, "vec4 w%d = weight[%d]; ", i, i)
	}
	kind := "float"
	if c.vectors {
		kind = "vec4"
	}
	for _, t := range slices.SortedFunc(maps.Keys(window), texel.compare) {
		load := fmt.Sprintf("LOAD(%s %s,%d,%d,%d) ", kind, window[t], t.channel, t.row, t.at)
		if next := window[texel{t.channel, t.row + c.rows*c.stride[0], t.at}]; next != "" && c.looped {
			before.WriteString(load)
			fmt.Fprintf(&slide, "%s = %s; ", window[t], next)
		} else {
			loads.WriteString(load)
		}
	}
	if c.byRow {
		turn = "vec4 part; "
	}
	return strings.TrimSpace(before.String()), strings.TrimSpace(turn + loads.String() + sums.String() + slide.String())
}

// compare orders texels by channel, row and place.
func (t texel) compare(u texel) int {
	return cmp.Or(t.channel-u.channel, t.row-u.row, t.at-u.at)
}

// writeOutput writes the sums that make one vec4 of outputs, or one vec2 of a pool's outputs, and the store. f is the
// first of the filters that make the output's plane.
func (c softConstants) writeOutput(b *strings.Builder, window softWindow, f, row, segment int) {
	var rows []string
	for i := range c.span() {
		var values []string
		for pair := range c.filtersPerPlane() {
			sum := fmt.Sprintf("s%d_%d_%d", f+pair, row*c.span()+i, segment)
			c.writeSum(b, window, sum, f+pair, row*c.span()+i, segment)
			values = append(values, sum)
		}
		if c.energy {
			rows = append(rows, fmt.Sprintf("energies(%s)", strings.Join(values, ",")))
		} else {
			rows = append(rows, fmt.Sprintf("activate(%s)", values[0]))
		}
	}
	value := rows[0]
	if len(rows) > 1 {
		value = fmt.Sprintf("pooled(%s)", strings.Join(rows, ","))
	}
	fmt.Fprintf(b, "END(%d,%d,%d,%s) ", f/c.filtersPerPlane(), row, segment, value)
}

// writeSum writes a vec4 of sums of filter f. With byRow each row of taps is cut into the fewest parts
// of at most rowPart taps, and the sum of each part is made apart, and then added.
func (c softConstants) writeSum(b *strings.Builder, window softWindow, sum string, f, row, segment int) {
	fmt.Fprintf(b, "BEGIN(%s,%d,%d,%d,%s) ", sum, f, row, segment, weightName(c.filters*c.taps()+f))
	part := ceilDiv(c.kernelW, ceilDiv(c.kernelW, rowPart))
	for tap := range c.taps() {
		channel, u, v := tap/(c.tapsH*c.kernelW), tap/c.kernelW%c.tapsH, tap%c.kernelW
		verb, to := "ADD", sum
		if c.byRow {
			to = "part"
			if v%part == 0 {
				verb = "FIRST"
			}
		}
		fmt.Fprintf(b, "%s(%s,%s", verb, to, weightName(f*c.taps()+tap))
		for j := range 4 {
			at := c.shift + (4*segment+j)*c.stride[1] + v*c.dilation[1]
			fmt.Fprintf(b, ",%s", window.element(c, channel, row*c.stride[0]+u*c.dilation[0], at))
		}
		b.WriteString(") ")
		if c.byRow && (v%part == part-1 || v == c.kernelW-1) {
			fmt.Fprintf(b, "JOIN(%s,part) ", sum)
		}
	}
}

// weightName is the GLSL expression for a float of the uniform block, which PROLOGUE has read.
func weightName(at int) string { return fmt.Sprintf("w%d.%s", at/4, lane(at)) }

func lane(at int) string { return "xyzw"[at%4 : at%4+1] }

// eachOutput calls f with the place of each vec4 of sums in the block or, with a pool, of each pair of them: one above
// the other.
func (c softConstants) eachOutput(f func(row, segment int)) {
	for row := range c.rows / c.span() {
		for segment := range c.segments {
			f(row, segment)
		}
	}
}
