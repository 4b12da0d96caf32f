//go:build cgo && !nogl

package gpu

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"gpuconv/conv"
	"gpuconv/gpu/internal/recipe"
)

// hostMutant is a plan that gives wrong data to a correct shader.
type hostMutant struct {
	part       string // the program whose plan is broken
	name       string
	equivalent string
	breaks     func(b *recipe.Blueprint)
}

// TestHostMutants kills the mutants of what package gpu computes for shaders. Each uniform is one too large or one too
// small. There is one work-group too few along the first axis that has several, and for direct also along z. Something
// is left out, or packed wrongly. These mutants compile nothing new.
func TestHostMutants(t *testing.T) {
	if testing.Short() {
		t.Skip("in full only: the race detector sees nothing of what shaders compute, and slows the judge")
	}
	var all []breakage
	for _, m := range slices.Concat(uniformMutants(t), dispatchMutants(t), skippingMutants(t), packingMutants(),
		bandMutants()) {
		all = append(all, breakage{part: m.part, name: m.name, equivalent: m.equivalent,
			apply: func(d asking) conv.Backend {
				return backend(func(p conv.Problem, weight *conv.Tensor, bias []float32) (conv.Plan, error) {
					b, err := d.blueprint(p)
					if err != nil {
						return nil, err
					}
					m.breaks(&b)
					return d.build(b, weight, bias)
				})
			}})
	}
	killAll(t, append(all, flightMutants()...))
}

// shaderNames names the shaders that are stages of plans, all of which have uniforms. TestMeasuringMutants is about
// the other.
func shaderNames(t *testing.T) (names []string) {
	t.Helper()
	for _, file := range shaderFiles(t) {
		if name, ok := strings.CutSuffix(file, ".comp"); ok && name != "measure" {
			names = append(names, name)
		}
	}
	return names
}

// stagesOf returns the stages of a blueprint that run a program.
func stagesOf(b *recipe.Blueprint, program string) (all []*recipe.Stage) {
	for i := range b.Recipe.Stages {
		if s := &b.Recipe.Stages[i]; s.Program.Shader == program {
			all = append(all, s)
		}
	}
	if b.Pool.Program.Shader == program {
		all = append(all, &b.Pool)
	}
	return all
}

// everyPass changes all passes of a program.
func everyPass(program string, change func(work *recipe.Pass)) func(b *recipe.Blueprint) {
	return passes(program, func(all []recipe.Pass, _, _ int) []recipe.Pass {
		for i := range all {
			change(&all[i])
		}
		return all
	})
}

// passes lets change replace a program's passes. images is the number of images they are for, at most a chunk's.
func passes(program string, change func(all []recipe.Pass, images, chunk int) []recipe.Pass) func(b *recipe.Blueprint) {
	return func(b *recipe.Blueprint) {
		for _, s := range stagesOf(b, program) {
			whole, chunk := s.Passes, b.Description.Chunk
			s.Passes = func(images int) []recipe.Pass { return change(whole(images), images, chunk) }
		}
	}
}

func uniformMutants(t *testing.T) (all []hostMutant) {
	equivalent := map[string]string{
		"winograd_src endH +1": uncancelled, "winograd_src endW +1": uncancelled,
	}
	device := openTest(t, Options{Device: Software()}).profile
	for _, program := range shaderNames(t) {
		for _, name := range uniformNames(t, program, device) {
			for _, by := range []int{1, -1} {
				what := fmt.Sprintf("%s %+d", name, by)
				all = append(all, hostMutant{program, what, equivalent[program+" "+what],
					everyPass(program, func(work *recipe.Pass) {
						for i := range work.Uniforms {
							if work.Uniforms[i].Name == name {
								work.Uniforms[i].Value += by
							}
						}
					})})
			}
		}
	}
	return all
}

// uniformNames collects the uniforms of a program from the plans of the trials on a device.
func uniformNames(t *testing.T, program string, device recipe.Profile) []string {
	names := map[string]bool{}
	for _, tr := range everyTrial() {
		l := device
		if class, err := recipe.ParseClass(mutantTiles(tr.algorithm)); err == nil {
			l = l.As(class)
		}
		if tr.limit != nil {
			tr.limit(&l)
		}
		b, err := recipe.Draw(tr.problem, l, tr.algorithm)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range stagesOf(&b, program) {
			for _, u := range s.Passes(1)[0].Uniforms {
				names[u.Name] = true
			}
		}
	}
	if len(names) == 0 {
		t.Fatalf("no trial runs %s", program)
	}
	return slices.Sorted(maps.Keys(names))
}

func dispatchMutants(t *testing.T) (all []hostMutant) {
	for _, program := range shaderNames(t) {
		all = append(all, hostMutant{program, "the last work-group is left out", "",
			everyPass(program, func(work *recipe.Pass) {
				for axis := range 3 {
					if work.Groups[axis] > 1 {
						work.Groups[axis]--
						return
					}
				}
				work.Groups[0] = 0
			})})
	}
	return append(all, hostMutant{"direct", "the last tile of filters is left out", "",
		everyPass("direct", func(work *recipe.Pass) { work.Groups[2]-- })})
}

func skippingMutants(t *testing.T) (all []hostMutant) {
	for _, program := range shaderNames(t) {
		all = append(all,
			hostMutant{program, "the last image is left out", "", func(b *recipe.Blueprint) {
				for _, s := range stagesOf(b, program) {
					whole := s.Passes
					s.Passes = func(images int) []recipe.Pass { return whole(max(1, images-1)) }
				}
			}},
			hostMutant{program, "the last chunk is skipped", "",
				passes(program, func(all []recipe.Pass, images, chunk int) []recipe.Pass {
					if images < chunk {
						return nil
					}
					return all
				})},
		)
	}
	for _, algorithm := range []string{"direct_soft", "direct"} { // the others have one pass
		all = append(all,
			hostMutant{algorithm, "the last pass is skipped", "",
				passes(algorithm, func(all []recipe.Pass, _, _ int) []recipe.Pass { return all[:max(1, len(all)-1)] })},
			hostMutant{algorithm, "the last pass is made twice", "",
				passes(algorithm, func(all []recipe.Pass, _, _ int) []recipe.Pass {
					return append(all, all[len(all)-1])
				})})
	}
	return append(all, hostMutant{"direct_soft", "the first tile's weights for all", "",
		everyPass("direct_soft", func(work *recipe.Pass) { work.WeightFirst = 0 })})
}

// packingMutants change weights and biases before they are packed.
func packingMutants() (all []hostMutant) {
	for _, algorithm := range recipe.AlgorithmNames() {
		for name, change := range map[string]func(p conv.Problem, weight, bias []float32){
			"two filters' weights exchanged": func(p conv.Problem, weight, _ []float32) {
				taps := len(weight) / p.Weight[0]
				for i := range taps {
					weight[i], weight[taps+i] = weight[taps+i], weight[i]
				}
			},
			"one row of weights exchanged": func(p conv.Problem, weight, _ []float32) {
				taps, width := len(weight)/p.Weight[0], p.Weight[3]
				for i := range width {
					weight[i], weight[taps+i] = weight[taps+i], weight[i]
				}
			},
			"kernels turned by 180°": func(p conv.Problem, weight, _ []float32) {
				for kernel := range slices.Chunk(weight, p.Weight[2]*p.Weight[3]) {
					slices.Reverse(kernel)
				}
			},
			"the last weight dropped": func(_ conv.Problem, weight, _ []float32) { weight[len(weight)-1] = 0 },
			"biases reversed":         func(_ conv.Problem, _, bias []float32) { slices.Reverse(bias) },
			"biases dropped":          func(_ conv.Problem, _, bias []float32) { clear(bias) },
		} {
			all = append(all, hostMutant{algorithm, name, "", func(b *recipe.Blueprint) {
				pack := b.Recipe.Pack
				b.Recipe.Pack = func(weight, bias []float32) ([]float32, []float32) {
					weight, bias = slices.Clone(weight), slices.Clone(bias)
					change(b.Problem, weight, bias)
					return pack(weight, bias)
				}
			}})
		}
	}
	return all
}
