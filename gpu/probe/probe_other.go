//go:build !linux

package probe

import (
	"context"

	"gpuconv/gpu"
)

func (p Prober) probe(context.Context, gpu.Options, bool) (Found, bool, error) {
	return Found{}, false, nil
}

func serve(gpu.Options, bool) {}
