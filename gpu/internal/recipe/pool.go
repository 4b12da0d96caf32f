package recipe

import (
	"fmt"

	"gpuconv/conv"
)

// poolConstants are the constants of pool.comp.
type poolConstants struct {
	localSize int
	energy    bool
	average   bool
}

func (c poolConstants) Defines() []Define {
	return []Define{{"LOCAL_SIZE", fmt.Sprint(c.localSize)}, {"ENERGY", bit(c.energy)}, {"AVERAGE", bit(c.average)}}
}

const poolLocalSize = 64

// poolLocal returns how many invocations a work-group has.
func poolLocal(device Profile) int {
	return min(poolLocalSize, device.WorkGroupSize[0], device.WorkGroupInvocations)
}

// goesOn reports whether energy or a pool follows the sums of p.
func goesOn(p conv.Problem) bool { return p.Activation == conv.Energy || p.Pool.Kind != conv.NoPool }

// acceptsPool returns an error if pool.comp cannot compute on a device the energy or pool that follows the sums of p.
func acceptsPool(p conv.Problem, device Profile) error {
	if !goesOn(p) {
		return nil
	}
	if device.outerIterations(p.Pool.Size[0], p.Pool.Size[1]) < p.Pool.Size[0] {
		return fmt.Errorf("pool %v, the device ends loops after %d iterations", p.Pool, device.LoopIterations)
	}
	dst, err := p.Dst()
	if err != nil {
		return err
	}
	if most := device.units(poolLocal(device)); dst.C()*dst.H()*dst.W() > most {
		return fmt.Errorf("%v outputs of an image, the device dispatches %d at once", dst, most)
	}
	return nil
}

// poolStage returns the stage that runs pool.comp after an algorithm that writes sums.
func poolStage(p conv.Problem, device Profile) Stage {
	sums, _ := p.Sums() // p was accepted
	dst, _ := p.Dst()
	constants := poolConstants{localSize: poolLocal(device),
		energy: p.Activation == conv.Energy, average: p.Pool.Kind == conv.AvgPool}
	if p.Pool.Kind == conv.NoPool {
		p.Pool.Size, p.Pool.Stride = [2]int{1, 1}, [2]int{1, 1}
	}
	return Stage{
		Program: Key{Shader: "pool", Constants: constants},
		Passes: func(images int) []Pass {
			outputs := images * dst.C() * dst.H() * dst.W()
			x, y := fold(ceilDiv(outputs, constants.localSize), device.WorkGroups)
			return []Pass{{Groups: [3]int{x, y, 1}, Uniforms: []Uniform{
				{"sumH", sums.H()}, {"sumW", sums.W()}, {"dstH", dst.H()}, {"dstW", dst.W()},
				{"sizeH", p.Pool.Size[0]}, {"sizeW", p.Pool.Size[1]},
				{"strideH", p.Pool.Stride[0]}, {"strideW", p.Pool.Stride[1]}, {"outputs", outputs},
			}}}
		},
		MaxImages: device.units(constants.localSize) / (dst.C() * dst.H() * dst.W()),
		Lanes:     constants.localSize,
	}
}
