package simd

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
	"unsafe"
)

func TestDealLayout(t *testing.T) {
	var d Deal
	for _, field := range []struct {
		name      string
		got, want uintptr
	}{
		{"Src", unsafe.Offsetof(d.Src), 24},
		{"To", unsafe.Offsetof(d.To), 48},
		{"SrcStep", unsafe.Offsetof(d.SrcStep), 72},
		{"DstStep", unsafe.Offsetof(d.DstStep), 80},
		{"Groups", unsafe.Offsetof(d.Groups), 88},
		{"Rows", unsafe.Offsetof(d.Rows), 96},
	} {
		if field.got != field.want {
			t.Errorf("%s lies at %d, want %d", field.name, field.got, field.want)
		}
	}
}

// drawDeal draws phases that lie side by side, with gaps, in any order.
func drawDeal(t *testing.T, r *rand.Rand, phases, groups int, atEnd bool) *Deal {
	next := float32(0)
	count := func() float32 { next++; return next }
	d := &Deal{Groups: groups, Rows: 1 + r.IntN(3), To: make([]int, phases)}
	width := 0
	for _, phase := range r.Perm(phases) {
		d.To[phase] = width
		width += groups + r.IntN(2)
	}
	d.SrcStep, d.DstStep = groups*phases+r.IntN(5), width+r.IntN(3)
	last := d.Rows - 1
	d.Src = drawn(last*d.SrcStep+groups*phases, count)
	d.Dst = drawn(last*d.DstStep+slices.Max(d.To)+groups, count)
	guard(t, d, atEnd)
	return d
}

// TestDeal compares the kernels with their loop, between guard pages, for every length of a row up to two registers and
// a few more.
func TestDeal(t *testing.T) {
	eachISA(t, func(t *testing.T, k *Kernels) {
		r := rand.New(rand.NewPCG(15, 16))
		for _, phases := range []int{1, 2, 3, 4, 5} {
			for groups := 1; groups <= 2*k.Lanes+3; groups++ {
				for trial := range 4 {
					d := drawDeal(t, r, phases, groups, trial%2 == 0)
					want := slices.Clone(d.Dst)
					for row := range d.Rows {
						for i := range groups {
							for phase, to := range d.To {
								want[row*d.DstStep+to+i] = d.Src[row*d.SrcStep+i*phases+phase]
							}
						}
					}
					k.Deal(d)
					if !slices.Equal(d.Dst, want) { // between phases and rows as well
						t.Fatalf("%d groups of %d, %d rows: %v, want %v", groups, phases, d.Rows, d.Dst, want)
					}
				}
			}
		}
	})
}

// TestDealBounds: a deal that reaches beyond its slices panics before it writes.
func TestDealBounds(t *testing.T) {
	eachISA(t, func(t *testing.T, k *Kernels) {
		r := rand.New(rand.NewPCG(17, 18))
		for name, cut := range map[string]func(*Deal){
			"dst":    func(d *Deal) { d.Dst = d.Dst[:len(d.Dst)-1] },
			"src":    func(d *Deal) { d.Src = d.Src[:len(d.Src)-1] },
			"before": func(d *Deal) { d.To[0] = -1 },
		} {
			for _, phases := range []int{2, 4} {
				d := drawDeal(t, r, phases, 9, true)
				cut(d)
				if !panics(func() { k.Deal(d) }) {
					t.Errorf("%s, %d phases: no panic", name, phases)
				}
			}
		}
	})
}

// TestDealPays: the kernels take at most 3/4 of the time that plain Go takes, for rows such as those of the layers that
// use them. They take a quarter of it on a Zen 5.
func TestDealPays(t *testing.T) {
	if testing.Short() {
		t.Skip("it times, which the race detector disturbs")
	}
	k := kernels(Available()[0])
	for _, phases := range []int{2, 4} {
		if k.deals[phases] == nil {
			t.Skip("this processor has no vector instructions that the engine knows")
		}
		d := &Deal{Groups: 14, Rows: 56}
		width := d.Groups * phases
		for phase := range phases {
			d.To = append(d.To, phase*(d.Groups+1))
		}
		d.SrcStep, d.DstStep = width, width+phases
		d.Src, d.Dst = make([]float32, d.Rows*d.SrcStep), make([]float32, d.Rows*d.DstStep)
		took := func(deal func(*Deal)) time.Duration {
			start := time.Now()
			for range 100 {
				deal(d)
			}
			return time.Since(start)
		}
		kernel, plain := took(k.Deal), took(dealGeneric)
		for range 20 {
			kernel, plain = min(kernel, took(k.Deal)), min(plain, took(dealGeneric))
		}
		t.Logf("%d phases: %.2f of the time of plain Go", phases, kernel.Seconds()/plain.Seconds())
		if kernel > plain*3/4 {
			t.Errorf("%d phases: %v, plain Go takes %v: want 3/4 of it at most", phases, kernel, plain)
		}
	}
}
