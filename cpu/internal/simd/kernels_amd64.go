package simd

import "golang.org/x/sys/cpu"

// native lists the instruction sets of the processor for which there is assembly, the best one first.
func native() (all []ISA) {
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		all = append(all, AVX512)
	}
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		all = append(all, AVX2)
	}
	return all
}

// kernels returns the kernels of an instruction set that the processor has. With AVX-512 too, Deal and sums of
// maps use AVX2's kernels: see deals in asm/deal.go and sums in asm/sums.go.
func kernels(isa ISA) *Kernels {
	switch isa {
	case AVX512:
		return &Kernels{ISA: isa, Lanes: 16, tiles: tilesAVX512(), patches: patchesAVX512, products: productsAVX512,
			magnitudes: magnitudesAVX512, columns: columnsAVX2, squares: squaresAVX2, extremes: extremesAVX2,
			deals: [...]func(*Deal){2: deal2AVX2, 4: deal4AVX2}, slides: slidesAVX512(), probe: probeAVX512}
	case AVX2:
		return &Kernels{ISA: isa, Lanes: 8, tiles: tilesAVX2(), patches: patchesAVX2, products: productsAVX2,
			magnitudes: magnitudesAVX2, columns: columnsAVX2, squares: squaresAVX2, extremes: extremesAVX2,
			deals: [...]func(*Deal){2: deal2AVX2, 4: deal4AVX2}, slides: slidesAVX2(), pairs: pairsAVX2,
			probe: probeAVX2}
	}
	return genericKernels()
}
