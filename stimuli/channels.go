package stimuli

import "gpuconv/conv"

// InChannels shows the images of a set of one channel in several channels, which are all equal: grey, for filters of
// red, green and blue.
type InChannels struct {
	Set      // of one channel
	Channels int
}

// Shape returns [N, Channels, H, W].
func (s InChannels) Shape() conv.Shape {
	shape := s.Set.Shape()
	shape[1] = s.Channels
	return shape
}

// Draw implements [Set].
func (s InChannels) Draw(dst *conv.Tensor, first int) error {
	n, pixels := dst.Shape.N(), dst.Shape.H()*dst.Shape.W()
	grey := &conv.Tensor{Shape: conv.Shape{n, 1, dst.Shape.H(), dst.Shape.W()}, Data: dst.Data[:n*pixels]}
	if err := s.Set.Draw(grey, first); err != nil {
		return err
	}
	for i := n - 1; i >= 0; i-- { // the last first: no grey image that is still needed lies in its place
		image := dst.Images(i, i+1).Data
		for c := range s.Channels {
			copy(image[c*pixels:], grey.Data[i*pixels:(i+1)*pixels])
		}
	}
	return nil
}

// Memory returns the bytes that drawing takes beyond the images.
func (s InChannels) Memory() float64 {
	if drawn, ok := s.Set.(interface{ Memory() float64 }); ok {
		return drawn.Memory()
	}
	return 0
}

// Notes implements [Noter].
func (s InChannels) Notes() []string {
	if noted, ok := s.Set.(Noter); ok {
		return noted.Notes()
	}
	return nil
}
