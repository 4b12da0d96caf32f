package bench

import (
	"fmt"
	"strconv"
	"strings"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/fault"
)

// Case is a convolution that is timed.
type Case struct {
	Name    string  // unique in its suite, in the form key=value/key=value that benchstat reads
	Group   string  // a layer's network, or the axis that varies in a sweep; "" in suite seed
	Layer   string  // a layer's name in the network; "" for other cases
	X       float64 // for pictures: the images in suite seed, the FLOP per byte of a layer, the axis's value in a sweep
	Problem conv.Problem
	Data    *compare.Case // images, weights and biases; nil means random numbers
}

// Suite is a list of cases.
type Suite struct {
	Name  string
	Cases []Case
}

// SuiteNames lists the names of the suites.
func SuiteNames() []string { return []string{"seed", "layers", "sweep"} }

// NewSuite returns a suite by its name, one of [SuiteNames]:
//
//   - seed is the layer of the tutorial that gpuconv comes from: one channel of 48×64 pixels, 6 filters of 7×7, and
//     batches of 1, 4, 16 … 16,384 images.
//   - layers has early and late layers of well-known networks, most with 8 images.
//   - sweep varies one thing at a time: the kernel, the channels, the image, the stride.
func NewSuite(name string) (Suite, error) {
	cases := map[string]func() []Case{"seed": seedCases, "layers": layerCases, "sweep": sweepCases}[name]
	if cases == nil {
		return Suite{}, fault.New("bench", "suite", strconv.Quote(name), "want one of %s",
			strings.Join(SuiteNames(), ", "))
	}
	return Suite{name, cases()}, nil
}

// mostSeed is the largest batch of the tutorial's layer: 201 MB of images and 1.2 GB of activations.
const mostSeed = 16384

func seedCases() (all []Case) {
	for n := 1; n <= mostSeed; n *= 4 {
		p := square(n, 1, 48, 64, 6, 7)
		all = append(all, Case{Name: nameOf(p), X: float64(n), Problem: p})
	}
	return all
}

// square is a convolution of n images of c×h×w with filters of size×size, an odd size, without groups. Its outputs have
// the size of its images.
func square(n, c, h, w, filters, size int) conv.Problem {
	return conv.Problem{Src: conv.Shape{n, c, h, w}, Weight: conv.Shape{filters, c, size, size},
		Spec: conv.Spec{Padding: conv.Pad(size/2, size/2)}}
}

// nameOf names a case by its numbers. A stride above 1 and groups come last.
func nameOf(p conv.Problem) string {
	kernel := fmt.Sprint(p.Weight.H())
	if p.Weight.H() != p.Weight.W() {
		kernel = fmt.Sprintf("%dx%d", p.Weight.H(), p.Weight.W())
	}
	name := fmt.Sprintf("n=%d/c=%d/hw=%dx%d/k=%s/out=%d", p.Src.N(), p.Src.C(), p.Src.H(), p.Src.W(), kernel,
		p.Weight[0])
	if p.Stride[0] > 1 {
		name += fmt.Sprintf("/stride=%d", p.Stride[0])
	}
	if p.Groups > 1 {
		name += fmt.Sprintf("/groups=%d", p.Groups)
	}
	return name
}

// layerCases come from the tables of papers: Krizhevsky 2014 (one column, as in torchvision), Simonyan & Zisserman 2015
// (configuration D), He et al. 2016 (50 layers), Howard et al. 2017, Ronneberger et al. 2015 (valid convolutions), and
// Baidu's DeepBench (speech, faces, vision). U-Net's have one image, and those of DeepBench its own batches. All others
// have batches of 8, which a CPU computes within a second.
func layerCases() (all []Case) {
	add := func(network, layer string, n, c, h, w, filters, kernelH, kernelW, stride, paddingH, paddingW, groups int) {
		p := conv.Problem{Src: conv.Shape{n, c, h, w}, Weight: conv.Shape{filters, c / groups, kernelH, kernelW},
			Spec: conv.Spec{Stride: [2]int{stride, stride}, Padding: conv.Pad(paddingH, paddingW), Groups: groups}}
		all = append(all, Case{Name: "layer=" + network + "_" + layer + "/" + nameOf(p), Group: network, Layer: layer,
			X: p.Intensity(), Problem: p})
	}
	add("alexnet", "conv1", 8, 3, 224, 224, 64, 11, 11, 4, 2, 2, 1)
	add("alexnet", "conv2", 8, 64, 27, 27, 192, 5, 5, 1, 2, 2, 1)
	add("alexnet", "conv3", 8, 192, 13, 13, 384, 3, 3, 1, 1, 1, 1)
	add("vgg16", "conv1_1", 8, 3, 224, 224, 64, 3, 3, 1, 1, 1, 1)
	add("vgg16", "conv3_2", 8, 256, 56, 56, 256, 3, 3, 1, 1, 1, 1)
	add("vgg16", "conv5_1", 8, 512, 14, 14, 512, 3, 3, 1, 1, 1, 1)
	add("resnet50", "conv1", 8, 3, 224, 224, 64, 7, 7, 2, 3, 3, 1)
	add("resnet50", "conv2_1b", 8, 64, 56, 56, 64, 3, 3, 1, 1, 1, 1)
	add("resnet50", "conv2_1c", 8, 64, 56, 56, 256, 1, 1, 1, 0, 0, 1)
	add("resnet50", "conv4_2b", 8, 256, 14, 14, 256, 3, 3, 1, 1, 1, 1)
	add("mobilenet", "conv1", 8, 3, 224, 224, 32, 3, 3, 2, 1, 1, 1)
	add("mobilenet", "conv4dw", 8, 128, 56, 56, 128, 3, 3, 1, 1, 1, 128)
	add("mobilenet", "conv4pw", 8, 128, 56, 56, 128, 1, 1, 1, 0, 0, 1)
	add("unet", "down1_1", 1, 1, 572, 572, 64, 3, 3, 1, 0, 0, 1)
	add("unet", "down3_2", 1, 256, 138, 138, 256, 3, 3, 1, 0, 0, 1)
	add("deepbench", "speech1", 4, 1, 161, 700, 32, 5, 20, 2, 0, 0, 1)
	add("deepbench", "speech2", 4, 32, 79, 341, 32, 5, 10, 2, 0, 0, 1)
	add("deepbench", "face1", 8, 64, 54, 54, 64, 3, 3, 1, 1, 1, 1)
	add("deepbench", "vision1", 16, 832, 7, 7, 256, 1, 1, 1, 0, 0, 1)
	return all
}

// sweepCases varies one axis at a time, of the tutorial's layer or, for channels, of a layer of 3×3 filters.
func sweepCases() (all []Case) {
	add := func(axis string, x int, p conv.Problem) {
		all = append(all, Case{Name: "axis=" + axis + "/" + nameOf(p), Group: axis, X: float64(x), Problem: p})
	}
	for _, size := range []int{1, 3, 5, 7, 9, 11, 15, 21, 31} {
		add("kernel", size, square(64, 1, 48, 64, 6, size))
	}
	for _, channels := range []int{1, 3, 8, 16, 32, 64, 128, 256} {
		add("channels", channels, square(8, channels, 28, 28, channels, 3))
	}
	for _, size := range []int{16, 32, 64, 128, 256, 512} {
		add("size", size, square(16, 1, size, size, 6, 7))
	}
	for stride := 1; stride <= 4; stride++ {
		p := square(64, 1, 48, 64, 6, 7)
		p.Stride = [2]int{stride, stride}
		add("stride", stride, p)
	}
	return all
}

// describe returns the description of a case for the report.
func (s Suite) describe(c Case) CaseInfo {
	p := c.Problem
	dst, _ := p.Dst() // the suites' problems are valid: TestSuites
	p.Spec = p.WithDefaults()
	return CaseInfo{Suite: s.Name, Case: c.Name, Group: c.Group, Layer: c.Layer, X: c.X, N: p.Src.N(), Src: p.Src,
		Weight: p.Weight, Dst: dst, Stride: p.Stride,
		Padding:  [4]int{p.Padding.Top, p.Padding.Bottom, p.Padding.Left, p.Padding.Right},
		Dilation: p.Dilation, Groups: p.Groups, Bias: p.Bias,
		MACs: p.MACs(), Bytes: p.Bytes(), Intensity: p.Intensity()}
}

// Memory returns how many bytes the images and the outputs of a suite take. All cases share two buffers, which are as
// large as the largest images and the largest outputs.
func (s Suite) Memory() (src, dst float64) {
	for _, c := range s.Cases {
		if shape, err := c.Problem.Dst(); err == nil {
			src, dst = max(src, c.Problem.Src.Bytes()), max(dst, shape.Bytes())
		}
	}
	return src, dst
}
