package convtest

import (
	"fmt"

	"gpuconv/conv"
)

// Cases returns the table: more than 200 named problems near the sizes at which implementations go wrong. They are
// small enough for the reference.
func Cases() []Case {
	var all []Case
	for _, part := range [][]Case{
		kernels(), extents(), filterCounts(), channelCounts(), strides(), dilations(), paddings(), paddingModes(),
		groups(), epilogues(), energies(), pools(), batches(), shapes(), regressions(),
	} {
		all = append(all, part...)
	}
	return all
}

// problem returns a problem with a bias.
func problem(src, weight conv.Shape, spec conv.Spec) conv.Problem {
	return conv.Problem{Spec: spec, Src: src, Weight: weight, Bias: true}
}

// half returns a spec whose padding is half the kernel, so that odd kernels keep the image's size.
func half(kh, kw int) conv.Spec { return conv.Spec{Padding: conv.Pad(kh/2, kw/2)} }

// kernels returns kernels of many sizes, odd and even, square and not square. The images have prime extents, or rows
// whose length is a multiple of 4 pixels (a vec4).
func kernels() (all []Case) {
	for _, k := range [][2]int{{1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}, {6, 6}, {7, 7}, {8, 8}, {9, 9}, {11, 11},
		{15, 15}, {16, 16}, {31, 31},
		{1, 7}, {7, 1}, {2, 5}, {3, 8}, {5, 2}} {
		for _, image := range [][2]int{{23, 29}, {24, 32}} {
			all = append(all, Case{fmt.Sprintf("kernel/k=%dx%d/hw=%dx%d", k[0], k[1], image[0], image[1]),
				problem(conv.Shape{2, 1, image[0], image[1]}, conv.Shape{6, 1, k[0], k[1]}, half(k[0], k[1]))})
		}
	}
	return all
}

// extents returns images of sizes just below, at and just above the sizes of tiles.
func extents() (all []Case) {
	for _, w := range []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 17, 20, 23, 31, 32, 33, 48, 63, 64, 65, 70} {
		all = append(all, Case{fmt.Sprintf("extent/w=%d", w),
			problem(conv.Shape{3, 1, 5, w}, conv.Shape{6, 1, 3, 3}, half(3, 3))})
	}
	for _, h := range []int{1, 2, 3, 4, 7, 8, 9, 16, 17, 33} {
		all = append(all, Case{fmt.Sprintf("extent/h=%d", h),
			problem(conv.Shape{3, 1, h, 8}, conv.Shape{6, 1, 3, 3}, half(3, 3))})
	}
	return all
}

// filterCounts returns numbers of filters just below, at and just above those of tiles.
func filterCounts() (all []Case) {
	for _, k := range []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 16, 17, 31, 33, 64, 65} {
		all = append(all, Case{fmt.Sprintf("filters/k=%d", k),
			problem(conv.Shape{2, 2, 6, 8}, conv.Shape{k, 2, 3, 3}, half(3, 3))})
	}
	return all
}

func channelCounts() (all []Case) {
	for _, c := range []int{1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 31, 70, 128} {
		all = append(all, Case{fmt.Sprintf("channels/c=%d", c),
			problem(conv.Shape{2, c, 6, 9}, conv.Shape{5, c, 3, 3}, half(3, 3))})
	}
	return all
}

func strides() (all []Case) {
	for _, s := range [][2]int{{1, 2}, {2, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 3}, {8, 8}, {16, 1}} {
		for _, k := range []int{1, 3, 4} {
			spec := half(k, k)
			spec.Stride = s
			all = append(all, Case{fmt.Sprintf("stride/s=%dx%d/k=%d", s[0], s[1], k),
				problem(conv.Shape{2, 2, 19, 16}, conv.Shape{5, 2, k, k}, spec)})
		}
	}
	return all
}

func dilations() (all []Case) {
	for _, d := range [][2]int{{1, 2}, {2, 1}, {2, 2}, {3, 3}, {5, 2}} {
		for _, s := range []int{1, 2} {
			spec := conv.Spec{Stride: [2]int{s, s}, Dilation: d, Padding: conv.Pad(d[0], d[1])}
			all = append(all, Case{fmt.Sprintf("dilation/d=%dx%d/s=%d", d[0], d[1], s),
				problem(conv.Shape{2, 2, 17, 20}, conv.Shape{5, 2, 3, 3}, spec)})
		}
	}
	return all
}

// paddings returns paddings of zeros: none, on one side, larger than the kernel, larger than the image.
func paddings() (all []Case) {
	for _, p := range []conv.Padding{{}, {Top: 1}, {Bottom: 1}, {Left: 1}, {Right: 1},
		{Top: 1, Bottom: 2, Left: 3, Right: 4},
		{Top: 4, Bottom: 3, Left: 2, Right: 1}, {Left: 4, Right: 4}, {Left: 5, Right: 3}, {Left: 8}, conv.Pad(3, 3),
		conv.Pad(9, 13)} {
		for _, k := range [][2]int{{3, 3}, {2, 4}} {
			all = append(all, Case{fmt.Sprintf("padding/p=%v/k=%dx%d", p, k[0], k[1]),
				problem(conv.Shape{2, 1, 7, 12}, conv.Shape{6, 1, k[0], k[1]}, conv.Spec{Padding: p})})
		}
	}
	return all
}

func paddingModes() (all []Case) {
	for _, mode := range conv.PaddingModes()[1:] {
		for _, p := range []conv.Padding{conv.Pad(1, 1), conv.Pad(3, 2), {Top: 2, Right: 3}, {Bottom: 1, Left: 4},
			conv.Pad(6, 7)} {
			for _, s := range []int{1, 2} {
				spec := conv.Spec{Padding: p, PaddingMode: mode, Stride: [2]int{s, s}}
				all = append(all, Case{fmt.Sprintf("mode/%v/p=%v/s=%d", mode, p, s),
					problem(conv.Shape{2, 2, 7, 8}, conv.Shape{5, 2, 3, 3}, spec)})
			}
		}
	}
	most := conv.Spec{Padding: conv.Pad(5, 6), PaddingMode: conv.Circular} // padding = size
	mirrored := conv.Spec{Padding: conv.Pad(5, 6), PaddingMode: conv.Symmetric}
	far := conv.Spec{Padding: conv.Pad(11, 14), PaddingMode: conv.Replicate}
	one := conv.Spec{Padding: conv.Pad(2, 2), PaddingMode: conv.Replicate}
	pixel := conv.Spec{Padding: conv.Pad(1, 1), PaddingMode: conv.Symmetric}
	return append(all,
		Case{"mode/circular/padding=size", problem(conv.Shape{2, 1, 5, 6}, conv.Shape{4, 1, 4, 3}, most)},
		Case{"mode/symmetric/padding=size", problem(conv.Shape{2, 1, 5, 6}, conv.Shape{4, 1, 4, 3}, mirrored)},
		Case{"mode/symmetric/one pixel", problem(conv.Shape{2, 1, 1, 1}, conv.Shape{4, 1, 3, 3}, pixel)},
		Case{"mode/replicate/padding>size", problem(conv.Shape{2, 1, 5, 6}, conv.Shape{4, 1, 4, 3}, far)},
		Case{"mode/replicate/one pixel", problem(conv.Shape{2, 1, 1, 1}, conv.Shape{4, 1, 3, 3}, one)},
		Case{"mode/reflect/dilated", problem(conv.Shape{2, 2, 9, 9}, conv.Shape{4, 2, 3, 3},
			conv.Spec{Padding: conv.Pad(2, 2), PaddingMode: conv.Reflect, Dilation: [2]int{2, 2}})})
}

// groups returns divisions of channels and filters into groups, and depthwise problems with one or several filters per
// channel.
func groups() (all []Case) {
	for _, g := range []struct{ groups, channels, filters int }{{2, 4, 6}, {3, 6, 3}, {2, 2, 16}, {4, 4, 4},
		{7, 7, 14}, {5, 10, 45}, {70, 70, 70}, {35, 70, 70}, {2, 70, 2}} {
		for _, s := range []int{1, 2} {
			spec := half(3, 3)
			spec.Groups, spec.Stride = g.groups, [2]int{s, s}
			all = append(all, Case{fmt.Sprintf("groups/g=%d/c=%d/k=%d/s=%d", g.groups, g.channels, g.filters, s),
				problem(conv.Shape{2, g.channels, 7, 8}, conv.Shape{g.filters, g.channels / g.groups, 3, 3}, spec)})
		}
	}
	return all
}

// epilogues returns all combinations with and without bias, and with and without ReLU.
func epilogues() (all []Case) {
	for _, w := range []int{8, 9} {
		for _, bias := range []bool{false, true} {
			for _, activation := range []conv.Activation{conv.Identity, conv.ReLU} {
				p := problem(conv.Shape{3, 2, 6, w}, conv.Shape{5, 2, 3, 3}, half(3, 3))
				p.Bias, p.Activation = bias, activation
				all = append(all, Case{fmt.Sprintf("epilogue/w=%d/bias=%v/%v", w, bias, activation), p})
			}
		}
	}
	return all
}

// energies returns problems whose filters form pairs: dense, grouped and pooled.
func energies() (all []Case) {
	for _, w := range []int{8, 9} {
		for _, bias := range []bool{false, true} {
			p := problem(conv.Shape{3, 2, 6, w}, conv.Shape{6, 2, 3, 3}, half(3, 3))
			p.Bias, p.Activation = bias, conv.Energy
			all = append(all, Case{fmt.Sprintf("energy/w=%d/bias=%v", w, bias), p})
		}
	}
	grouped := half(3, 3)
	grouped.Groups, grouped.Activation, grouped.Stride = 3, conv.Energy, [2]int{2, 1}
	quadrature := half(7, 7)
	quadrature.Activation = conv.Energy
	all = append(all,
		Case{"energy/groups", problem(conv.Shape{2, 6, 7, 8}, conv.Shape{12, 2, 3, 3}, grouped)},
		Case{"energy/one pair", problem(conv.Shape{3, 1, 11, 12}, conv.Shape{2, 1, 7, 7}, quadrature)},
		Case{"energy/a bank of 14", problem(conv.Shape{2, 1, 48, 64}, conv.Shape{14, 1, 7, 7}, quadrature)})
	for _, pool := range []conv.Pool{{Kind: conv.MaxPool, Size: [2]int{2, 2}},
		{Kind: conv.AvgPool, Size: [2]int{3, 2}, Stride: [2]int{1, 2}}} {
		spec := half(3, 3)
		spec.Activation, spec.Pool = conv.Energy, pool
		all = append(all, Case{fmt.Sprintf("energy/pool/%v", pool),
			problem(conv.Shape{3, 2, 9, 12}, conv.Shape{8, 2, 3, 3}, spec)})
	}
	return all
}

// pools returns pools with and without a stride of their own. In many, the last window would reach beyond the sums and
// is left out.
func pools() (all []Case) {
	for _, pool := range []conv.Pool{
		{Kind: conv.MaxPool, Size: [2]int{2, 2}}, {Kind: conv.AvgPool, Size: [2]int{2, 2}},
		{Kind: conv.MaxPool, Size: [2]int{3, 3}, Stride: [2]int{2, 2}},
		{Kind: conv.AvgPool, Size: [2]int{3, 3}, Stride: [2]int{2, 2}},
		{Kind: conv.MaxPool, Size: [2]int{1, 4}, Stride: [2]int{3, 1}},
		{Kind: conv.AvgPool, Size: [2]int{4, 1}, Stride: [2]int{1, 3}},
		{Kind: conv.MaxPool, Size: [2]int{8, 8}}, {Kind: conv.AvgPool, Size: [2]int{8, 8}},
		{Kind: conv.MaxPool, Size: [2]int{2, 2}, Stride: [2]int{5, 5}},
		{Kind: conv.MaxPool, Size: [2]int{11, 13}}, {Kind: conv.AvgPool, Size: [2]int{11, 13}},
		{Kind: conv.MaxPool, Size: [2]int{1, 1}},
	} {
		for _, activation := range []conv.Activation{conv.Identity, conv.ReLU} {
			spec := half(3, 3)
			spec.Pool, spec.Activation = pool, activation
			all = append(all, Case{fmt.Sprintf("pool/%v/%v", pool, activation),
				problem(conv.Shape{2, 2, 11, 13}, conv.Shape{5, 2, 3, 3}, spec)})
		}
	}
	tutorial3 := half(7, 7)
	tutorial3.Activation, tutorial3.Pool = conv.ReLU, conv.Pool{Kind: conv.MaxPool, Size: [2]int{8, 8}}
	return append(all, Case{"pool/tutorial 3", problem(conv.Shape{3, 1, 48, 64}, conv.Shape{6, 1, 7, 7}, tutorial3)})
}

// batches returns batches of 0 to 257 images, and some of about 65,536 images: more than 16 bits can count.
func batches() (all []Case) {
	for _, n := range []int{0, 1, 2, 3, 5, 7, 8, 63, 64, 65, 257} {
		all = append(all, Case{fmt.Sprintf("batch/n=%d", n),
			problem(conv.Shape{n, 1, 4, 8}, conv.Shape{3, 1, 3, 3}, half(3, 3))})
	}
	for _, n := range []int{65535, 65536, 65537} {
		all = append(all, Case{fmt.Sprintf("batch/n=%d", n),
			problem(conv.Shape{n, 1, 1, 2}, conv.Shape{1, 1, 1, 2}, conv.Spec{})})
	}
	return all
}

// shapes returns shapes that implementations tend to forget.
func shapes() []Case {
	wide := conv.Spec{Stride: [2]int{2, 3}, Dilation: [2]int{2, 1},
		Padding: conv.Padding{Top: 1, Bottom: 0, Left: 2, Right: 3}, Groups: 2, Activation: conv.ReLU}
	pooled := wide
	pooled.PaddingMode, pooled.Pool = conv.Reflect,
		conv.Pool{Kind: conv.AvgPool, Size: [2]int{2, 2}, Stride: [2]int{1, 2}}
	return []Case{
		{"shape/kernel = image", problem(conv.Shape{3, 2, 9, 11}, conv.Shape{6, 2, 9, 11}, conv.Spec{})},
		{"shape/kernel = padded image", problem(conv.Shape{3, 1, 4, 4}, conv.Shape{6, 1, 6, 8},
			conv.Spec{Padding: conv.Pad(1, 2)})},
		{"shape/1x1 image", problem(conv.Shape{3, 2, 1, 1}, conv.Shape{6, 2, 1, 1}, conv.Spec{})},
		{"shape/1x1 image, 7x7 kernel", problem(conv.Shape{3, 1, 1, 1}, conv.Shape{6, 1, 7, 7}, half(7, 7))},
		{"shape/1x1 kernel", problem(conv.Shape{3, 16, 7, 8}, conv.Shape{24, 16, 1, 1}, conv.Spec{})},
		{"shape/one row", problem(conv.Shape{3, 1, 1, 64}, conv.Shape{6, 1, 1, 7}, half(1, 7))},
		{"shape/one column", problem(conv.Shape{3, 1, 64, 1}, conv.Shape{6, 1, 7, 1}, half(7, 1))},
		{"shape/stride > kernel", problem(conv.Shape{3, 2, 20, 20}, conv.Shape{6, 2, 2, 2},
			conv.Spec{Stride: [2]int{7, 5}})},
		{"shape/stride > image", problem(conv.Shape{3, 2, 5, 5}, conv.Shape{6, 2, 2, 2},
			conv.Spec{Stride: [2]int{70, 70}})},
		{"shape/stride beyond int32", problem(conv.Shape{3, 2, 5, 5}, conv.Shape{6, 2, 2, 2},
			conv.Spec{Stride: [2]int{1 << 40, 1<<40 + 7}})},
		{"shape/dilation beyond int32", problem(conv.Shape{3, 2, 5, 5}, conv.Shape{6, 2, 1, 1},
			conv.Spec{Dilation: [2]int{1 << 40, 1<<40 + 7}})},
		{"shape/padding >= kernel", problem(conv.Shape{3, 1, 5, 8}, conv.Shape{6, 1, 2, 2},
			conv.Spec{Padding: conv.Pad(4, 4)})},
		{"shape/seed", problem(conv.Shape{5, 1, 48, 64}, conv.Shape{6, 1, 7, 7}, half(7, 7))},
		{"shape/first layer of ResNet", problem(conv.Shape{1, 3, 56, 56}, conv.Shape{16, 3, 7, 7},
			conv.Spec{Stride: [2]int{2, 2}, Padding: conv.Pad(3, 3)})},
		{"shape/large kernel, many filters", problem(conv.Shape{1, 1, 48, 64}, conv.Shape{10, 1, 31, 31},
			half(31, 31))},
		{"shape/everything", problem(conv.Shape{3, 4, 13, 17}, conv.Shape{6, 2, 3, 4}, wide)},
		{"shape/everything, pooled", problem(conv.Shape{3, 4, 13, 17}, conv.Shape{6, 2, 3, 4}, pooled)},
	}
}

// regressions returns problems that a program is known to have computed wrongly. The name gives the program and, if
// there is one, the number of its bug report.
func regressions() []Case {
	tall := conv.Spec{Padding: conv.Pad(0, 1), PaddingMode: conv.Circular}
	return []Case{
		// Circular padding applied along the other axis, and dropped where one side is 0.
		{"regression/PyTorch 37844", problem(conv.Shape{1, 6, 20, 10}, conv.Shape{1, 6, 3, 3}, tall)},
		{"regression/PyTorch 24504", problem(conv.Shape{1, 1, 5, 5}, conv.Shape{1, 1, 3, 3},
			conv.Spec{Padding: conv.Padding{Left: 4, Top: 3}, PaddingMode: conv.Circular})},
		// 4 channels, 16 filters, 2 groups gave zeros.
		{"regression/PyTorch 19912", problem(conv.Shape{1, 4, 1, 1}, conv.Shape{16, 2, 1, 1}, conv.Spec{Groups: 2})},
		// As many groups as channels.
		{"regression/PyTorch 15297", problem(conv.Shape{1, 8, 5, 5}, conv.Shape{8, 1, 3, 3}, conv.Spec{Groups: 8})},
		// Depthwise kernels as high as the image gave right outputs for one image and wrong ones for two.
		{"regression/PyTorch 188335", problem(conv.Shape{2, 8, 128, 9}, conv.Shape{16, 1, 128, 1},
			conv.Spec{Groups: 8})},
		// Groups with a long kernel.
		{"regression/modular 6129", problem(conv.Shape{1, 32, 1, 150}, conv.Shape{32, 2, 1, 128},
			conv.Spec{Groups: 16, Padding: conv.Pad(0, 64)})},
		// A dilated kernel wider than the image, with padding.
		{"regression/PyTorch 53178", problem(conv.Shape{2, 2, 16, 8}, conv.Shape{64, 2, 5, 5},
			conv.Spec{Dilation: [2]int{2, 2}, Padding: conv.Pad(4, 4)})},
		// A 1×1 kernel with a stride read its neighbours.
		{"regression/PyTorch 55381", problem(conv.Shape{1, 64, 16, 16}, conv.Shape{16, 64, 1, 1},
			conv.Spec{Stride: [2]int{2, 2}})},
		{"regression/PyTorch 105941", problem(conv.Shape{1, 2, 2, 2}, conv.Shape{1, 2, 1, 1},
			conv.Spec{Stride: [2]int{2, 2}})},
		// An image and a kernel of one column.
		{"regression/PyTorch 18948", problem(conv.Shape{1, 1, 3, 1}, conv.Shape{1, 1, 3, 1}, conv.Spec{})},
		// Images beyond the 65,535th were left out, because the z axis of a grid has 16 bits.
		{"regression/PyTorch 16365, TensorFlow 9870",
			problem(conv.Shape{65537, 1, 2, 2}, conv.Shape{2, 1, 2, 2}, conv.Spec{})},
		// 65,536 or more output positions of one image exceeded the z axis of a grid, in dense and grouped
		// convolutions.
		{"regression/mlx 3893", problem(conv.Shape{1, 1, 256, 256}, conv.Shape{2, 1, 3, 3}, half(3, 3))},
		{"regression/mlx 3893, grouped", problem(conv.Shape{1, 2, 257, 259}, conv.Shape{2, 1, 3, 3},
			conv.Spec{Groups: 2})},
		// A kernel that is larger than the image but fits into the padded image.
		{"regression/mlx 2504", problem(conv.Shape{1, 1, 181, 181}, conv.Shape{1, 1, 182, 182},
			conv.Spec{Padding: conv.Pad(1, 1)})},
		// llvmpipe silently ends the loops of an invocation after 65,535 iterations in total.
		{"regression/llvmpipe loops", problem(conv.Shape{1, 70, 31, 31}, conv.Shape{2, 70, 31, 31}, conv.Spec{})},
		{"regression/llvmpipe loops, resumed with ReLU",
			problem(conv.Shape{2, 130, 24, 24}, conv.Shape{9, 130, 23, 23}, conv.Spec{Activation: conv.ReLU})},
	}
}
