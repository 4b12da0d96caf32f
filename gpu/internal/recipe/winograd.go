package recipe

import (
	"fmt"
	"math"

	"gpuconv/conv"
)

// Winograd's F(4×4, 3×3) takes 36 multiplications for 16 sums of 9 taps, a quarter of the direct form's 144.
// winograd_src.comp transforms pixels. igemm.comp multiplies them with transformed weights in 36 products of matrices,
// as a 1×1 convolution of 36 groups. winograd_dst.comp transforms back.
const (
	winogradTile   = 4 // rows and columns of sums
	winogradSums   = winogradTile * winogradTile
	winogradWindow = winogradTile + 2 // rows and columns of pixels
	winogradPoints = winogradWindow * winogradWindow
	winogradLocal  = 64 // two warps; each invocation has 36 numbers in registers
)

// winogradTolerance is the RMS error that Description.Tolerance states, relative to the largest output.
// TestWinogradTolerance measures, with random numbers, an RMS error of 1.2e-7 for 1 channel, 3.8e-7 for 64 and 6.2e-7
// for 256. Errors are not spread evenly: Aᵀ multiplies by up to 8 for the last row and column of a tile. So the
// tolerance is 3 to 8 times the measured error. The largest error of a single output is within 8 times the tolerance:
// it is 4.7e-6 for 1 channel, in convtest's "regression/mlx 3893".
func winogradTolerance(channels int) float64 { return 1e-6 * math.Sqrt(1+float64(channels)/64) }

// winogradConstants are the constants of winograd_src.comp and of winograd_dst.comp. Only the latter uses the bias and
// the finish.
type winogradConstants struct {
	paddingMode conv.PaddingMode // or allInside
	images      int              // the binding of the images
	bias        bool
	finish
}

func (winogradConstants) Includes() []string { return []string{"pixel.glsl"} }

func (c winogradConstants) Defines() []Define {
	return append(c.finish.defines(), []Define{
		{"LOCAL_SIZE", fmt.Sprint(winogradLocal)},
		sourceMode(c.paddingMode), sourceBinding(c.images),
		{"BIAS", bit(c.bias)},
		{"EACH_FOUR(M)", each(winogradTile)},
		{"EACH_SIX(M)", each(winogradWindow)},
		{"EACH_16(M)", each(winogradSums)},
		{"EACH_36(M)", each(winogradPoints)},
	}...)
}

// winograd is the algorithm's three stages, fitted to a problem and a device.
type winograd struct {
	conv.Problem
	device         Profile
	finish         finish
	dst            conv.Shape // what winograd_dst.comp writes: sums, or the problem's outputs
	tilesH, tilesW int        // of an image
	products       igemm      // of the tiles of the batch
}

// newWinograd fits winograd to a problem that winogradTakes, without checking the device's limits. It leaves energy and
// pools to pool.comp if otherwise winograd_dst.comp could take too many loop iterations.
func newWinograd(p conv.Problem, device Profile) winograd {
	w := winograd{Problem: p, device: device}
	if w.finish = finishOf(p, device); device.LoopIterations > 0 && w.iterations() > device.LoopIterations {
		w.finish = finish{}
	}
	w.dst = w.finish.outputs(p)
	w.tilesH, w.tilesW = ceilDiv(w.sumsH(), winogradTile), ceilDiv(w.sumsW(), winogradTile)
	w.products = w.productsOf(p.Src.N()).withConstants(allInside, finish{})
	return w
}

func (w winograd) imageTiles() int { return w.tilesH * w.tilesW }
func (w winograd) filters() int    { return w.Weight[0] }

// sumsH and sumsW are how many rows and columns of sums make the outputs.
func (w winograd) sumsH() int { return w.dst.H() * w.finish.span() }
func (w winograd) sumsW() int { return w.dst.W() * w.finish.span() }

// planes is how many planes of outputs an image has.
func (w winograd) planes() int { return w.filters() / w.finish.filtersPerPlane() }

// iterations is the most loop iterations of one invocation of winograd_dst.comp: it may compute each of its sums again,
// tap by tap.
func (w winograd) iterations() int {
	return w.finish.filtersPerPlane() * (winogradSums*(9*w.Src.C()+2) + 1)
}

// productsOf returns the products of the tiles of this many images, as a 1×1 convolution with a group for each of the
// 36 points.
func (w winograd) productsOf(images int) igemm {
	one := [2]int{1, 1}
	return igemm{
		device: w.device, groups: winogradPoints, channels: w.Src.C(), filters: w.filters(),
		src:    conv.Shape{1, winogradPoints * w.Src.C(), 1, images * w.imageTiles()},
		dst:    conv.Shape{1, winogradPoints * w.filters(), 1, images * w.imageTiles()},
		kernel: one, stride: one, dilation: one, constants: w.products.constants,
	}
}

// fitWinograd accepts dense 3×3 convolutions of stride 1.
func fitWinograd(p conv.Problem, device Profile) (winograd, error) {
	if err := winogradTakes(p); err != nil {
		return winograd{}, err
	}
	if err := acceptsImages(p, device); err != nil {
		return winograd{}, err
	}
	w := newWinograd(p, device)
	return w, w.accept()
}

// winogradTakes returns an error that says why Winograd cannot compute p, or nil if it can.
func winogradTakes(p conv.Problem) error {
	one := [2]int{1, 1}
	switch {
	case p.Weight[2] != 3 || p.Weight[3] != 3:
		return fmt.Errorf("a kernel of %d×%d: want 3×3", p.Weight[2], p.Weight[3])
	case p.Stride != one:
		return fmt.Errorf("stride %d,%d: want 1", p.Stride[0], p.Stride[1])
	case p.Dilation != one:
		return fmt.Errorf("dilation %d,%d: want 1", p.Dilation[0], p.Dilation[1])
	case p.Groups != 1:
		return fmt.Errorf("%d groups: want 1", p.Groups)
	}
	return nil
}

// accept returns an error if the device cannot hold or dispatch w.
func (w winograd) accept() error {
	device := w.device
	if err := device.invocations(winogradLocal); err != nil {
		return err
	}
	for _, s := range w.scratch() {
		if s.ImageBytes > device.Block() {
			return fmt.Errorf("%d bytes of %s for an image, the device's buffers hold %d",
				s.ImageBytes, s.What, device.Block())
		}
	}
	if bytes := 4 * w.packedFloats(); bytes > device.Block() {
		return fmt.Errorf("%d bytes of weights, the device's buffers hold %d", bytes, device.Block())
	}
	if n, most := max(w.Src.C(), w.filters())*w.imageTiles(), device.units(winogradLocal); n > most {
		return fmt.Errorf("%d tiles of an image, the device dispatches %d at once", n, most)
	}
	if device.LoopIterations > 0 && w.iterations() > device.LoopIterations {
		return fmt.Errorf("%d channels, computing what is not finite tap by tap:"+
			" the device ends loops after %d iterations",
			w.Src.C(), device.LoopIterations)
	}
	return w.productsOf(1).accept()
}

// winograd is worth it from winogradWorth channels and filters on: for each tile and channel the transforms move 36 +
// 16 numbers, and these serve only 36 × filters multiplications. The batch must also have winogradWorthTiles tiles. A
// block of products is 64 tiles wide. If only 16 tiles fill it, the 36 products multiply as much as igemm does for the
// 256 sums of these tiles. Derived, not timed.
const (
	winogradWorth      = 64
	winogradWorthTiles = 32
)

func (w winograd) worth() error {
	if w.Src.C() < winogradWorth || w.filters() < winogradWorth {
		return fmt.Errorf("%d channels and %d filters do not repay the transforms: want %d of each",
			w.Src.C(), w.filters(), winogradWorth)
	}
	if n := w.Src.N() * w.imageTiles(); n < winogradWorthTiles {
		return fmt.Errorf("%d tiles leave blocks of products idle: want %d", n, winogradWorthTiles)
	}
	return nil
}

// scratch lists the buffers between the stages.
func (w winograd) scratch() []Scratch {
	return []Scratch{
		{"pixels", 4 * winogradPoints * w.Src.C() * w.imageTiles()},
		{"products", 4 * winogradPoints * w.filters() * w.imageTiles()},
	}
}

func (w winograd) recipe() Recipe {
	packed := w.packedFloats()
	if w.Bias {
		packed += w.filters()
	}
	pixels, products := scratchPlace(0), scratchPlace(1)
	t := w.products.constants.tile
	mode := w.paddingMode()
	return Recipe{
		Stages: []Stage{{
			Program:   Key{Shader: "winograd_src", Constants: winogradConstants{mode, BindSrc, false, finish{}}},
			Writes:    pixels,
			Passes:    func(images int) []Pass { return w.transform(images, w.Src.C(), w.srcUniforms()) },
			MaxImages: w.device.units(winogradLocal) / (w.Src.C() * w.imageTiles()),
			Lanes:     winogradLocal,
		}, {
			Program:   w.products.program(),
			Reads:     pixels,
			Writes:    products,
			Passes:    func(images int) []Pass { return w.productsOf(images).passes(images * w.imageTiles()) },
			MaxImages: w.device.units(t.positions()) / w.imageTiles(),
			Lanes:     t.lanes(),
			MACs:      w.products.macs(),
		}, {
			Program:   Key{Shader: "winograd_dst", Constants: winogradConstants{mode, BindImages, w.Bias, w.finish}},
			Reads:     products,
			Passes:    func(images int) []Pass { return w.transform(images, w.planes(), w.dstUniforms()) },
			MaxImages: w.device.units(winogradLocal) / (w.planes() * w.imageTiles()),
			Lanes:     winogradLocal,
		}},
		Scratch:      w.scratch(),
		Pack:         func(weight, bias []float32) ([]float32, []float32) { return w.packWeight(weight), bias },
		PackedFloats: packed,
		Finishes:     w.finish.finishes(),
		Tiling:       t,
		Tolerance:    winogradTolerance(w.Src.C()),
	}
}

// paddingMode is that of the problem, or allInside if it has no padding.
func (w winograd) paddingMode() conv.PaddingMode {
	if w.Padding == (conv.Padding{}) {
		return allInside
	}
	return w.PaddingMode
}

// transform returns the dispatch that transforms all tiles of this many planes of each image. own are the uniforms that
// only one of the two shaders has.
func (w winograd) transform(images, planes int, own []Uniform) []Pass {
	tiles := images * w.imageTiles()
	x, y := fold(ceilDiv(planes*tiles, winogradLocal), w.device.WorkGroups)
	return []Pass{{Groups: [3]int{x, y, 1}, Uniforms: append(own, []Uniform{
		{"srcH", w.Src.H()}, {"srcW", w.Src.W()}, {"channels", w.Src.C()},
		{"tilesH", w.tilesH}, {"tilesW", w.tilesW}, {"tiles", tiles},
		{"padTop", w.Padding.Top}, {"padLeft", w.Padding.Left},
	}...)}}
}

func (w winograd) srcUniforms() []Uniform {
	return []Uniform{{"endH", w.sumsH() + 2 - w.Padding.Top}, {"endW", w.sumsW() + 2 - w.Padding.Left}}
}

func (w winograd) dstUniforms() []Uniform {
	return []Uniform{
		{"dstH", w.dst.H()}, {"dstW", w.dst.W()}, {"filters", w.filters()},
		{"firstWeight", w.products.packedWeight()}, {"rectify", number(w.Activation == conv.ReLU)},
	}
}

// packedFloats is how many floats packWeight returns.
func (w winograd) packedFloats() int {
	return w.products.packedWeight() + 9*w.filters()*w.Src.C()
}

// packWeight lays transformed weights out as igemm.comp reads them, and then the weights themselves.
func (w winograd) packWeight(weight []float32) []float32 {
	planes := w.filters() * w.Src.C()
	transformed := make([]float32, winogradPoints*planes)
	for plane := range planes {
		for e, v := range winogradWeight([9]float32(weight[9*plane:])) {
			transformed[e*planes+plane] = v
		}
	}
	return append(w.products.packWeight(transformed), weight...)
}

// winogradWeight returns G g Gᵀ, computed in float64. G is that of Lavin and Gray, arXiv 1509.09308, section 4.3.
func winogradWeight(g [9]float32) (u [winogradPoints]float32) {
	var half [winogradWindow][3]float64 // G g
	for v := range 3 {
		for e, x := range winogradSix(float64(g[v]), float64(g[3+v]), float64(g[6+v])) {
			half[e][v] = x
		}
	}
	for i, row := range half {
		for j, x := range winogradSix(row[0], row[1], row[2]) {
			u[i*winogradWindow+j] = float32(x)
		}
	}
	return u
}

// winogradSix returns G times three weights: the values of their polynomial at 0, 1, −1, 2, −2 and ∞, each divided by
// the factor that Aᵀ and Bᵀ leave out.
func winogradSix(a, b, c float64) [winogradWindow]float64 {
	return [winogradWindow]float64{
		a / 4,
		-(a + b + c) / 6,
		-(a - b + c) / 6,
		(a + 2*b + 4*c) / 24,
		(a - 2*b + 4*c) / 24,
		c,
	}
}
