package batch

import "gpuconv/conv"

// InMemory is a [Source] of images that are in memory already.
type InMemory struct{ Images *conv.Tensor }

// Shape returns [N, C, H, W].
func (m InMemory) Shape() conv.Shape { return m.Images.Shape }

// Draw copies images first … first+dst.N−1 into dst.
func (m InMemory) Draw(dst *conv.Tensor, first int) error {
	copy(dst.Data, m.Images.Images(first, first+dst.Shape.N()).Data)
	return nil
}
