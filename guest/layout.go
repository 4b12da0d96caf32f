package guest

import (
	"fmt"
	"strings"

	"gpuconv/fault"
)

// layout says in which order the numbers of a tensor are in memory. The last axis varies fastest. A layout may cut one
// axis into blocks of a given size. The numbers of a block are then next to each other: OIHW4o has the shape [⌈O/4⌉, I,
// H, W, 4]. The last block is filled up with zeros.
type layout struct {
	text  string
	order [4]int // the axes, the slowest first
	axis  int    // that is cut into blocks
	block int    // 1 for none
}

// parseLayout reads a layout of a tensor with the given axes: a permutation of the axes, and after it, if an axis is
// cut into blocks, the size of a block and the axis in a small letter.
func parseLayout(text, axes string) (layout, error) {
	l := layout{text: text, block: 1}
	wrong := fault.New("guest", "layout", fmt.Sprintf("%q", text),
		"want the axes %s in some order, and after them a block such as 4%c if numbers are packed by 4", axes,
		axes[0]|0x20)
	if len(text) < len(axes) {
		return l, wrong
	}
	for i := range l.order {
		l.order[i] = strings.IndexByte(axes, text[i])
		if l.order[i] < 0 || strings.IndexByte(text[:i], text[i]) >= 0 {
			return l, wrong
		}
	}
	switch block := text[len(axes):]; {
	case block == "":
	case len(block) == 2 && strings.Contains("248", block[:1]) && strings.Contains(strings.ToLower(axes), block[1:]):
		l.block = int(block[0] - '0')
		l.axis = strings.Index(strings.ToLower(axes), block[1:])
	default:
		return l, wrong
	}
	return l, nil
}

// floats returns how many numbers a tensor takes.
func (l layout) floats(shape [4]int) int {
	shape = l.blocks(shape)
	return shape[0] * shape[1] * shape[2] * shape[3] * l.block
}

// blocks returns the shape with the cut axis in blocks.
func (l layout) blocks(shape [4]int) [4]int {
	shape[l.axis] = (shape[l.axis] + l.block - 1) / l.block
	return shape
}

// place returns where the number at an index is.
func (l layout) place(at, shape [4]int) int {
	blocks := l.blocks(shape)
	inside := at[l.axis] % l.block
	at[l.axis] /= l.block
	place := 0
	for _, axis := range l.order {
		place = place*blocks[axis] + at[axis]
	}
	return place*l.block + inside
}

// pack returns the numbers of a tensor in the layout's order.
func (l layout) pack(data []float32, shape [4]int) []float32 {
	packed := make([]float32, l.floats(shape))
	l.each(shape, func(i, place int) { packed[place] = data[i] })
	return packed
}

// each calls f with the index of each number in a dense tensor, and its place in the layout.
func (l layout) each(shape [4]int, f func(i, place int)) {
	i := 0
	for a := range shape[0] {
		for b := range shape[1] {
			for c := range shape[2] {
				for d := range shape[3] {
					f(i, l.place([4]int{a, b, c, d}, shape))
					i++
				}
			}
		}
	}
}
