//go:build !linux

package probe

import "gpuconv/gpu"

func (p Prober) probe(gpu.Options, bool) (Found, bool) { return Found{}, false }

func serve(gpu.Options, bool) {}
