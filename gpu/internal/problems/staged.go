package problems

import "gpuconv/conv"

// Named is a problem with a name for reports.
type Named struct {
	Name string
	conv.Problem
}

// Staged are problems of real sizes, for which every algorithm of hardware and each of its stages is compiled. The
// batches are large enough that tiles are those of a busy device.
func Staged() []Named {
	energies, largest, stem := Seed(512), Layer(32, 16, 32, 3, 56), Layer(32, 3, 64, 7, 224)
	energies.Weight[0], energies.Activation = 12, conv.Energy
	energies.Pool = conv.Pool{Kind: conv.AvgPool, Size: [2]int{2, 2}, Stride: [2]int{2, 2}}
	largest.Activation = conv.ReLU
	largest.Pool = conv.Pool{Kind: conv.MaxPool, Size: [2]int{3, 3}, Stride: [2]int{2, 2}}
	stem.Stride = [2]int{2, 2}
	depthwise, strided := Layer(32, 96, 96, 3, 56), Layer(32, 96, 96, 5, 56)
	depthwise.Weight[1], depthwise.Groups = 1, 96
	strided.Weight[1], strided.Groups, strided.Stride = 1, 96, [2]int{2, 2}
	grouped, mirrored, dilated := Layer(32, 32, 64, 3, 28), Layer(64, 2, 8, 5, 48), Layer(64, 4, 8, 3, 48)
	grouped.Weight[1], grouped.Groups = 4, 8
	mirrored.PaddingMode = conv.Reflect
	dilated.Dilation = [2]int{2, 2}
	return []Named{
		{"seed", Seed(512)},
		{"energy, mean", energies},
		{"K3", Layer(512, 1, 6, 3, 48)},
		{"K15", Layer(512, 1, 16, 15, 48)},
		{"K31", Layer(512, 1, 64, 31, 64)},
		{"stem", stem},
		{"ResNet", Layer(32, 64, 64, 3, 56)},
		{"wide", Layer(8, 256, 512, 3, 14)},
		{"1×1", Layer(32, 256, 64, 1, 28)},
		{"few filters", Layer(32, 64, 20, 3, 28)},
		{"largest", largest},
		{"grouped", grouped},
		{"depthwise", depthwise},
		{"depthwise, strided", strided},
		{"reflect", mirrored},
		{"dilated", dilated},
	}
}
