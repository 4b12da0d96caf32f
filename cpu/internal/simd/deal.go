package simd

// Deal is the work of dealing rows of floats to phases. A row has Groups groups of len(To) floats. The first float of
// each group goes to phase 0, the second to phase 1, and so on. [Kernels.Deal] equals
//
//	for r := range Rows {
//		for i := range Groups {
//			for phase, to := range To {
//				Dst[r*DstStep+to+i] = Src[r*SrcStep+i*len(To)+phase]
//			}
//		}
//	}
type Deal struct {
	Dst, Src         []float32
	To               []int // for each phase, the index in Dst of its first float in the first row
	SrcStep, DstStep int   // floats between rows
	Groups, Rows     int
}

// maxDealt is the largest number of phases that assembly deals to. It deals to 2 and to 4.
const maxDealt = 4

// Deal deals rows of floats. It panics if d reaches beyond one of its slices.
func (k *Kernels) Deal(d *Deal) {
	if d.Groups <= 0 || d.Rows <= 0 {
		return
	}
	last := d.Rows - 1
	_ = d.Src[last*d.SrcStep+d.Groups*len(d.To)-1]
	for _, to := range d.To {
		_ = d.Dst[to]
		_ = d.Dst[last*d.DstStep+to+d.Groups-1]
	}
	if phases := len(d.To); phases <= maxDealt && k.deals[phases] != nil {
		k.deals[phases](d)
		return
	}
	dealGeneric(d)
}

// dealGeneric does what Deal does, in plain Go, for any number of phases.
func dealGeneric(d *Deal) {
	for r := range d.Rows {
		dst, src := d.Dst[r*d.DstStep:], d.Src[r*d.SrcStep:][:d.Groups*len(d.To)]
		switch to := d.To; len(to) {
		case 2:
			deal2(dst[to[0]:][:d.Groups], dst[to[1]:][:d.Groups], src)
		case 3:
			deal3(dst[to[0]:][:d.Groups], dst[to[1]:][:d.Groups], dst[to[2]:][:d.Groups], src)
		case 4:
			deal4(dst[to[0]:][:d.Groups], dst[to[1]:][:d.Groups], dst[to[2]:][:d.Groups], dst[to[3]:][:d.Groups], src)
		default:
			for phase, to := range to {
				for i := range dst[to:][:d.Groups] {
					dst[to+i] = src[i*len(d.To)+phase]
				}
			}
		}
	}
}

// deal2, deal3 and deal4 are the loops for 2, 3 and 4 phases. Strides of 2 and 3 need the first two, Winograd's blocks
// the last one. The loops check no bounds for single floats.
func deal2(a, b, src []float32) {
	for i := range min(len(a), len(b)) {
		group := (*[2]float32)(src[2*i:])
		a[i], b[i] = group[0], group[1]
	}
}

func deal3(a, b, c, src []float32) {
	for i := range min(len(a), len(b), len(c)) {
		group := (*[3]float32)(src[3*i:])
		a[i], b[i], c[i] = group[0], group[1], group[2]
	}
}

func deal4(a, b, c, d, src []float32) {
	for i := range min(len(a), len(b), len(c), len(d)) {
		group := (*[4]float32)(src[4*i:])
		a[i], b[i], c[i], d[i] = group[0], group[1], group[2], group[3]
	}
}
