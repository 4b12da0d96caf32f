package recipe

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"gpuconv/conv"
	"gpuconv/gpu/internal/problems"
)

// seams are problems whose bands meet in different ways: in padding of each mode, with strides wider than kernels, with
// dilation, and where windows of pools overlap or leave rows out.
func seams() (all []conv.Problem) {
	plain := conv.Problem{Src: conv.Shape{2, 2, 7, 3}, Weight: conv.Shape{2, 2, 3, 1}, Bias: true}
	plain.Padding = conv.Padding{Top: 3, Bottom: 2}
	for _, mode := range conv.PaddingModes() {
		p := plain
		p.PaddingMode = mode
		strided, pooled := p, p
		strided.Stride, strided.Weight[2] = [2]int{3, 1}, 2
		pooled.Dilation = [2]int{2, 1}
		pooled.Pool = conv.Pool{Kind: conv.MaxPool, Size: [2]int{3, 1}, Stride: [2]int{2, 1}}
		apart := pooled
		apart.Pool.Size[0], apart.Pool.Stride[0], apart.Stride[0] = 1, 3, 2
		all = append(all, p, strided, pooled, apart)
	}
	for i := range all {
		all[i].Spec = all[i].WithDefaults()
	}
	return all
}

// paddedRows lists the rows of an image and its padding from the top, as rows of the image; −1 is a row of zeros.
func paddedRows(p conv.Problem) (rows []int) {
	size, last := p.Src.H(), p.Src.H()-1
	for i := p.Padding.Top; i > 0; i-- {
		rows = append(rows, []int{-1, i, 0, size - i, i - 1}[p.PaddingMode])
	}
	for y := range size {
		rows = append(rows, y)
	}
	for i := range p.Padding.Bottom {
		rows = append(rows, []int{-1, last - 1 - i, last, i, last - i}[p.PaddingMode])
	}
	return rows
}

// TestGatherScatter: the bands of images have the rows of the padded images that their outputs depend on, and come
// together without a gap, whatever their size and however many are in a chunk.
func TestGatherScatter(t *testing.T) {
	move := func(to, from []float32) { copy(to, from) }
	for _, p := range seams() {
		src, _ := conv.NewTensor(p.Src)
		for i := range src.Data {
			src.Data[i] = float32(i + 1)
		}
		whole, _ := p.Dst()
		for rows := 1; rows <= whole.H(); rows++ {
			b := newBands(p, rows)
			piece := b.of(p)
			if got, err := piece.Dst(); err != nil || got != (conv.Shape{2 * b.Count, 2, rows, 3}) {
				t.Fatalf("%v in bands of %d: outputs of %v, %v", p.Spec, rows, got, err)
			}
			dst, _ := conv.NewTensor(whole)
			for lo := 0; lo < b.Pieces(2); lo += 2 {
				hi := min(lo+2, b.Pieces(2))
				pixels := make([]float32, (hi-lo)*2*b.Pixels*3)
				b.Gather(pixels, src, lo, hi, move)
				var outputs []float32 // each row is the first that it depends on
				for plane := range slices.Chunk(pixels, b.Pixels*3) {
					for r := range rows {
						outputs = append(outputs, plane[r*b.Step*3:][:3]...)
					}
				}
				b.Scatter(dst, outputs, lo, hi, move)
			}
			for i, got := range dst.Data {
				plane, row, x := i/(whole.H()*3), i/3%whole.H(), i%3
				want, y := float32(0), paddedRows(p)[row*b.Step]
				if y >= 0 {
					want = src.Data[(plane*7+y)*3+x]
				}
				if got != want {
					t.Fatalf("%v in bands of %d: row %d of plane %d is %v, want %v", p.Spec, rows, row, plane, got,
						want)
				}
			}
		}
	}
}

// TestBandPixels: a band has the rows that its outputs depend on, down to the last.
func TestBandPixels(t *testing.T) {
	p := conv.Problem{Src: conv.Shape{1, 1, 40, 8}, Weight: conv.Shape{2, 1, 3, 3}}
	p.Stride, p.Dilation = [2]int{2, 1}, [2]int{3, 1}
	p.Pool = conv.Pool{Kind: conv.AvgPool, Size: [2]int{3, 1}, Stride: [2]int{2, 1}}
	p.Spec = p.WithDefaults()
	// 4 outputs are made of (4−1)·2 + 3 = 9 sums, and these of (9−1)·2 + (3−1)·3 + 1 = 23 pixels.
	if b := newBands(p, 4); b.Pixels != 23 || b.Step != 4 || b.Count != 2 || b.common() != 7 {
		t.Errorf("%+v: want 2 bands of 23 rows, 4 apart, with 7 in common", b)
	}
}

// TestBandsWithinLimits: an image that a device cannot compute whole is cut into the largest bands that fit its
// buffers, its dispatches and its driver's patience. One that it can is not cut.
func TestBandsWithinLimits(t *testing.T) {
	large := conv.Problem{Src: conv.Shape{1, 1, 6000, 6000}, Weight: conv.Shape{6, 1, 3, 3}}
	slow := problems.Layer(1, 256, 512, 31, 256) // 8·10¹² multiplications
	for name, c := range map[string]struct {
		p           conv.Problem
		change      func(d *Profile)
		least, most int // rows; 0 for whole images
	}{
		"software":        {large, func(d *Profile) { d.Class, d.StorageBlock = Software, 128<<20 }, 150, 233}, // 32 MiB of outputs
		"hardware":        {large, func(d *Profile) { d.StorageBlock = 128 << 20 }, 150, 233},
		"roomy":           {large, func(*Profile) {}, 0, 0},
		"small buffers":   {problems.Seed(5), func(d *Profile) { d.StorageBlock = 10 * 6 * 64 * 4 }, 8, 10},
		"many rows alike": {large, func(d *Profile) { d.StorageBlock = 8 * 6000 * 4 }, 1, 1},
		"work-groups":     {large, func(d *Profile) { d.WorkGroups = [3]int{300, 300, 65535} }, 100, 3000},
		"patience":        {slow, func(*Profile) {}, 4, 4}, // 2³⁷ is 4.1 rows
		"no watchdog":     {slow, func(d *Profile) { d.Class = Software }, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			d := roomy()
			c.change(&d)
			b, err := Draw(c.p, d, "direct")
			if err != nil {
				t.Fatal(err)
			}
			if b.Bands.Rows < c.least || b.Bands.Rows > c.most || b.Description.Band != b.Bands.Rows {
				t.Errorf("bands of %d rows, described as %d: want %d … %d", b.Bands.Rows, b.Description.Band, c.least,
					c.most)
			}
			src, sums, dst := ImageBytes(b.Piece)
			if most := max(src, sums, dst) * b.Description.Chunk; most > d.Block() {
				t.Errorf("a chunk of %d bytes, the device's buffers hold %d", most, d.Block())
			}
			if one := b.Piece; c.most > 0 && d.Class != Software {
				if one.Src[0] = b.Description.Chunk; one.MACs() > chunkMACs {
					t.Errorf("%g multiplications at once, drivers wait for %g", one.MACs(), float64(chunkMACs))
				}
			}
		})
	}
}

// TestBandMemory: a plan that copies bands holds one chunk of them once more, to put together and take apart.
func TestBandMemory(t *testing.T) {
	d := roomy()
	d.Band = 16
	const src, dst = 4 * 22 * 64, 4 * 6 * 16 * 64
	for _, how := range []Transfers{{}, softwareTransfers(true), hardwareTransfers(false), hardwareTransfers(true)} {
		d.Transfers = how
		b, err := Draw(problems.Seed(1), d, "direct")
		if err != nil {
			t.Fatal(err)
		}
		want := b.Description.Chunk*how.Sets()*(src+dst) + 4*b.Recipe.PackedFloats
		if how.Route == Mapped {
			want += b.Description.Chunk * how.Sets() * (src + dst)
		} else {
			want += b.Description.Chunk * dst
		}
		if b.Description.Memory != want {
			t.Errorf("%+v: %d bytes, want %d", how, b.Description.Memory, want)
		}
	}
}

// TestOneReason: what not even one row of outputs fits into is refused once, in one line, for the reason that all
// algorithms have. Other reasons have names.
func TestOneReason(t *testing.T) {
	wide := conv.Problem{Src: conv.Shape{1, 1, 9, 40_000_000}, Weight: conv.Shape{1, 1, 3, 3}}
	heavy := conv.Problem{Src: conv.Shape{1, 4096, 9, 9}, Weight: conv.Shape{4096, 4096, 3, 3}}
	d := roomy()
	d.StorageBlock = 128 << 20
	for name, c := range map[string]struct {
		p    conv.Problem
		want string
	}{
		"one row": {wide, "gpu: even for one row of outputs: an image of [1 1 3 40000000], the device's buffers hold 134217728 bytes: "},
		"weights": {heavy, ": weight [4096 4096 3 3] packed, the device's buffers hold 134217728 bytes; "},
	} {
		d.Class = Software
		_, err := Draw(c.p, d, "")
		if !errors.Is(err, conv.ErrUnsupported) || !strings.Contains(fmt.Sprint(err), c.want) ||
			strings.Count(err.Error(), strings.Trim(c.want, ":; ")) != 1 || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q once", name, err, c.want)
		}
	}
}
