package conv_test

import (
	"testing"

	"gpuconv/conv"
)

// TestTutorialCounts checks the answers to the tutorial's Think! questions.
func TestTutorialCounts(t *testing.T) {
	p := conv.Problem{Src: conv.Shape{1, 1, 48, 64}, Weight: conv.Shape{6, 1, 7, 7}}
	p.Padding = conv.Pad(3, 3)
	dst, err := p.Dst()
	if err != nil || dst != (conv.Shape{1, 6, 48, 64}) || dst.H()*dst.W() != 3072 {
		t.Fatalf("%v, %v", dst, err)
	}
	if p.Parameters() != 294 || p.MACs() != 6*3072*49 {
		t.Errorf("%v weights, %v MACs", p.Parameters(), p.MACs())
	}
	p.Bias = true
	if p.Parameters() != 300 {
		t.Errorf("%v parameters with biases", p.Parameters())
	}
	if want := 4.0 * (3072 + 300 + 6*3072); p.Bytes() != want || p.Intensity() != 2*p.MACs()/want {
		t.Errorf("%v bytes, %v FLOP/B", p.Bytes(), p.Intensity())
	}
	p.Weight[2], p.Weight[3] = 8, 8 // padding K//2 with an even K
	p.Padding = conv.Pad(4, 4)
	if dst, _ = p.Dst(); dst.H() != 49 || dst.W() != 65 {
		t.Errorf("an even kernel gives %v, want one row and column more", dst)
	}
}
