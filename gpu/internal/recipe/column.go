package recipe

import "gpuconv/conv"

// columnForm says how column.glsl finds the pixels that a part of the kernel meets (see slide), and how it replaces
// those outside the image by zeros.
type columnForm struct {
	narrow bool // a part is a single column of taps, and padding is zeros: one comparison tells what is outside
	masked bool // if not narrow: zeros are made by masks of bits instead of conditions
}

// outsidePlace is OUTSIDE of column.glsl: the least place of a pixel whose column is outside the image. Other pixels
// have the place y*srcW + x, which must be smaller even if row y is in the padding.
const outsidePlace = 1 << 30

// columnFormOf returns the form for the slide s, which computes p on a device.
func columnFormOf(p conv.Problem, device Profile, s slide) columnForm {
	narrow := p.PaddingMode == conv.Zeros && s.tapsW == 1 && s.placesFit(p)
	return columnForm{narrow: narrow, masked: classes[device.Class].masks}
}

// placesFit reports whether the places of all rows that taps read are below outsidePlace, which explains places.
func (s slide) placesFit(p conv.Problem) bool {
	sums, errS := conv.Product(s.blocksH(p)*s.rows, p.Stride[0])
	taps, errT := conv.Product(p.Weight[2], p.Dilation[0])
	if errS != nil || errT != nil || sums >= outsidePlace || taps >= outsidePlace {
		return false
	}
	places, err := conv.Product(max(p.Padding.Top, sums+taps), p.Src.W())
	return err == nil && places < outsidePlace
}

func (f columnForm) defines() []Define {
	return []Define{{"NARROW", bit(f.narrow)}, {"MASKED", bit(f.masked)}}
}
