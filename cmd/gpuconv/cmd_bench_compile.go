package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"gpuconv/bench"
	"gpuconv/conv"
)

// compileLimit is how long compiling is timed for each cache, cold and warm. The first round is never cut short.
const compileLimit = 8 * time.Second

// timeCompiling is what gpuconv bench --compile does, in a process of its own.
func (f *benchFlags) timeCompiling(ctx context.Context, suite bench.Suite) (bench.Report, error) {
	if f.compile == bench.CacheCold { // gpuconv reads the first, drivers the others when they are loaded
		for name, value := range map[string]string{cacheVariable: "off", "MESA_SHADER_CACHE_DISABLE": "true",
			"MESA_GLSL_CACHE_DISABLE": "true", "__GL_SHADER_DISK_CACHE": "0"} {
			if err := os.Setenv(name, value); err != nil {
				return bench.Report{}, err
			}
		}
	}
	b := backendFlags{backend: "gpu", deviceFlags: f.deviceFlags, untuned: true}
	first, err := b.open(ctx)
	if err != nil {
		return bench.Report{}, err
	}
	defer first.close()
	compiling := bench.Compiling{
		Suite: suite, Backend: first.benchInfo(runtime.GOMAXPROCS(0)), Cache: f.compile, Limit: compileLimit,
		Open: func() (conv.Backend, func() error, error) {
			c, err := b.open(ctx)
			return c.Backend, c.close, err
		},
	}
	return compiling.Run(ctx)
}

// addCompiling times compiling in two other processes and adds the results: one without a cache, one with the cache
// that the timing of r has filled.
func (f *benchFlags) addCompiling(ctx context.Context, r *bench.Report) error {
	dir, remove, err := f.pictures.saving.options().Scratch(fmt.Sprintf("gpuconv-bench-%d", os.Getuid()))
	if err != nil {
		return fmt.Errorf("timing compilation: %w", err)
	}
	defer remove()
	for _, cache := range []string{bench.CacheCold, bench.CacheWarm} {
		found, err := f.compileApart(ctx, cache, filepath.Join(dir, cache+".json"))
		if err != nil {
			return fmt.Errorf("timing compilation with a %s cache: %w", cache, err)
		}
		r.AddCompiling(found)
	}
	return nil
}

// compileApart starts this program again to time compiling, and reads the report that it writes.
func (f *benchFlags) compileApart(ctx context.Context, cache, file string) (bench.Report, error) {
	self, err := os.Executable()
	if err != nil {
		return bench.Report{}, err
	}
	cmd := exec.CommandContext(ctx, self, "bench", "--compile", cache, "--backend", "gpu", "--json", file,
		"--suite", f.suite, "--cases", f.cases, "--device", f.device, "--context", f.opener, "--algorithm", f.algorithm,
		"--precision", f.precision)
	cmd.Args[0] = os.Args[0]
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		return bench.Report{}, errors.Join(ctx.Err(), fmt.Errorf("%w: %s", err, oneLine(stderr.String())))
	}
	r, err := loadBench(ctx, file)
	return r, plain(err)
}
