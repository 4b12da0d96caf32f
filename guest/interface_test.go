package guest

import (
	"errors"
	"strings"
	"testing"

	"gpuconv/conv"
)

// TestInterfaceErrors: what is wrong with a file is said in one line: what, which value, what would be right.
func TestInterfaceErrors(t *testing.T) {
	for replaced, want := range map[[2]string]string{
		{"tolerance = 0.0", "tolerance = "}:                            "line ",
		{"tolerance = 0.0", "tolerance = -1"}:                          "tolerance -1: want a fraction of the largest output",
		{"tolerance = 0.0", "tolerence = 0.0"}:                         "key tolerence: there is no such key",
		{"[buffers]", "[buffers]\nbais = { binding = 7 }"}:             "buffer bais: want src, weight, bias and dst",
		{"src = { binding = 0", "src = { binding = 1"}:                 "buffers.weight.binding 1: src has it already",
		{"src = { binding = 0, ", "src = { "}:                          "buffers.src: want { binding = 0 }",
		{`layout = "OIHW"`, `layout = "OIHH"`}:                         `buffers.weight: layout "OIHH": want the axes OIHW in some order`,
		{`layout = "OIHW"`, `layout = "OIHW3o"`}:                       `layout "OIHW3o": want the axes`,
		{`images = "N"`, `images = "M"`}:                               `uniforms.images: formula "M": unknown name M`,
		{`images = "N"`, `images = "N +"`}:                             `uniforms.images: formula "N +": unexpected token EOF`,
		{`images = "N"`, `images = []`}:                                "uniforms.images: 0 values, want 1 to 4",
		{"x = \"ceil(", "w = \"ceil("}:                                 "groups.w: want groups.x, groups.y and groups.z",
		{"x = \"ceil(N * C_out * H_out * W_out / local_x)\"", "y = 1"}: "groups.x: want how many work-groups are dispatched",
		{"[groups]", "[constants]\nTILE = 3\n[groups]"}:                "constants.TILE: want the number of a specialization constant",
		{`accepts = [`, `accepts = ["stride_h", `}:                     `accepts: formula "stride_h": it gives 1, want true or false`,
	} {
		if strings.Count(Example, replaced[0]) == 0 {
			t.Fatalf("the example has no %q", replaced[0])
		}
		_, err := ParseInterface(strings.Replace(Example, replaced[0], replaced[1], 1))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want %q", replaced[1], err, want)
		}
	}
}

// TestRefuses: a shader gets no problem that needs what the interface does not give it.
func TestRefuses(t *testing.T) {
	i, err := ParseInterface(`
		accepts = ["KH * KW <= 49"]
		buffers.src.binding = 0
		buffers.weight.binding = 1
		buffers.dst.binding = 3
		uniforms.stride = ["stride_h", "stride_w"]
		groups.x = "N * K * H_out * W_out"`)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(p *conv.Problem)
		want   string
	}{
		"plain":        {func(*conv.Problem) {}, ""},
		"stride":       {func(p *conv.Problem) { p.Stride = [2]int{2, 3} }, ""},
		"kernel":       {func(p *conv.Problem) { p.Src = conv.Shape{1, 1, 9, 9}; p.Weight = conv.Shape{1, 1, 8, 8} }, "it accepts KH * KW <= 49"},
		"dilation":     {func(p *conv.Problem) { p.Dilation = [2]int{2, 2} }, "no formula has dilation_h and dilation_w"},
		"padding":      {func(p *conv.Problem) { p.Padding = conv.Pad(1, 1) }, "no formula has pad_top and pad_left"},
		"bias":         {func(p *conv.Problem) { p.Bias = true }, "has no buffer for it"},
		"groups":       {func(p *conv.Problem) { p.Src[1], p.Weight[0], p.Groups = 2, 2, 2 }, "no formula has groups or C_group"},
		"relu":         {func(p *conv.Problem) { p.Activation = conv.ReLU }, "no formula has activation"},
		"pool":         {func(p *conv.Problem) { p.Pool = conv.Pool{Kind: conv.MaxPool, Size: [2]int{2, 2}} }, "no formula has pool and pool_h"},
		"mode without": {func(p *conv.Problem) { p.PaddingMode = conv.Circular }, ""},
	} {
		p := plain
		c.change(&p)
		err := i.Refuses(p)
		if (err == nil) != (c.want == "") || err != nil && (!errors.Is(err, conv.ErrUnsupported) ||
			!strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// TestLayouts: packing and unpacking gives the same numbers, each layout in its order, filled up with zeros.
func TestLayouts(t *testing.T) {
	shape := [4]int{3, 2, 1, 2}
	data := make([]float32, 12)
	for i := range data {
		data[i] = float32(i + 1) // index is ((o·2 + i)·1 + h)·2 + w
	}
	for text, want := range map[string][]float32{
		"OIHW":   data,
		"HWIO":   {1, 5, 9, 3, 7, 11, 2, 6, 10, 4, 8, 12},
		"OIHW2o": {1, 5, 2, 6, 3, 7, 4, 8, 9, 0, 10, 0, 11, 0, 12, 0},
		"OHWI4i": {1, 3, 0, 0, 2, 4, 0, 0, 5, 7, 0, 0, 6, 8, 0, 0, 9, 11, 0, 0, 10, 12, 0, 0},
	} {
		l, err := parseLayout(text, "OIHW")
		if err != nil {
			t.Fatal(err)
		}
		packed := l.pack(data, shape)
		if len(packed) != len(want) {
			t.Errorf("%s has %d numbers, want %d", text, len(packed), len(want))
			continue
		}
		for i := range want {
			if packed[i] != want[i] {
				t.Errorf("%s: %v, want %v", text, packed, want)
				break
			}
		}
		again := make([]float32, len(data))
		l.each(shape, func(i, place int) { again[i] = packed[place] })
		for i := range data {
			if again[i] != data[i] {
				t.Errorf("%s: unpacked %v", text, again)
				break
			}
		}
	}
}

// TestRefusesHalfOfPairs: a shader that is given one number of a pair gets no problem that needs the pair, unless
// accepts says what holds for the other.
func TestRefusesHalfOfPairs(t *testing.T) {
	strides := [][2]int{{1, 1}, {2, 2}, {2, 1}, {1, 3}}
	for lines, want := range map[string][]string{
		`uniforms.stride = "stride_h"`:                                         {"", "stride_w", "stride_w", "stride_w"},
		`uniforms.stride = "stride_w"`:                                         {"", "stride_h", "stride_h", "stride_h"},
		"uniforms.stride = \"stride_h\"\naccepts = [\"stride_h == stride_w\"]": {"", "", "it accepts", "it accepts"},
		"uniforms.stride = \"stride_h\"\naccepts = [\"stride_w == 1\"]":        {"", "it accepts", "", "it accepts"},
	} {
		i, err := ParseInterface(lines + "\nbuffers.src.binding = 0\nbuffers.weight.binding = 1\n" +
			"buffers.dst.binding = 2\ngroups.x = 1")
		if err != nil {
			t.Fatal(err)
		}
		for at, stride := range strides {
			p := plain
			p.Stride = stride
			if err := i.Refuses(p); (err == nil) != (want[at] == "") ||
				err != nil && !strings.Contains(err.Error(), want[at]) {
				t.Errorf("%s: stride %v: %v, want %q", lines, stride, err, want[at])
			}
		}
	}
}
