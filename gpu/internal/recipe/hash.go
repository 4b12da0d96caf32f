package recipe

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Work returns a hash of all that a device does for a batch of the problem: the text of its programs, their dispatches
// and uniforms, the buffers, how weights lie in them, and how images get there and back. Blueprints of the same work,
// on devices with the same driver, compute the same bits. verify computes a case once for all classes of devices with
// the same work.
func (b Blueprint) Work() string {
	h := sha256.New()
	r, d := b.Recipe, b.Description
	fmt.Fprintf(h, "%+v %+v %+v %d %+v %+v\n", b.Problem, b.Bands, b.Piece, b.Staged, b.Transfers, r.Scratch)
	fmt.Fprintln(h, d.Algorithm, d.Chunk, d.Tolerance, d.Bound, r.UniformWeight, r.Finishes, r.Textures)
	// Each weight and bias has a value of its own, so that a packed buffer shows where they lie.
	bias := counted(b.Problem.Weight[0], -1)
	if !b.Problem.Bias {
		bias = nil
	}
	w := b.Problem.Weight
	weight, bias := r.Pack(counted(w[0]*w[1]*w[2]*w[3], 1), bias)
	fmt.Fprintln(h, weight, bias)
	counts := []int{d.Chunk}
	if rest := b.Bands.Pieces(b.Problem.Src.N()) % d.Chunk; rest > 0 {
		counts = append(counts, rest)
	}
	for i, s := range b.Stages() {
		fmt.Fprintln(h, d.Sources[i], s.Reads, s.Writes)
		for _, n := range counts {
			fmt.Fprintln(h, s.Passes(n))
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// counted returns step, 2·step, … n·step.
func counted(n int, step float32) []float32 {
	all := make([]float32, n)
	for i := range all {
		all[i] = step * float32(i+1)
	}
	return all
}
