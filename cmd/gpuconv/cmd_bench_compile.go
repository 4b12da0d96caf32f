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

	"gpuconv/batch"
	"gpuconv/bench"
	"gpuconv/conv"
)

// compileLimit is how long compiling is timed at most, for each of the two states of the cache, cold and warm, unless
// much of the time is left. With --compile, a --limit takes its place.
const compileLimit = 8 * time.Second

// compileGrace is how long a process that times compiling may continue after its time is up, before it is killed.
const compileGrace = time.Second / 2

// compileLeast is the shortest time limit with which such a process is started.
const compileLeast = time.Second / 2

// timeCompiling times compiling on the GPU in this process, for gpuconv bench --compile. compileApart starts a process
// for it, because timeCompiling sets environment variables that drivers read when they are loaded.
func (f *benchFlags) timeCompiling(ctx context.Context, suite bench.Suite) (bench.Report, error) {
	if f.compile == bench.CacheCold { // gpuconv reads cacheVariable, drivers the others when they are loaded
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
	defer closeSoon(first.close)
	limit := compileLimit
	if f.limit > 0 {
		limit = f.left()
	}
	compiling := bench.Compiling{
		Suite: suite, Backend: first.benchInfo(runtime.GOMAXPROCS(0)), Cache: f.compile, Limit: limit,
		Open: func() (conv.Backend, func() error, error) {
			c, err := b.open(ctx)
			return c.Backend, c.close, err
		},
	}
	return compiling.Run(ctx)
}

// addCompiling times compiling in two other processes, one after the other, and adds the results to r: first without a
// cache, then with the cache that the timing of r has filled. Each may take compileLimit or, if that is more, a quarter
// of the time that is left, but the first at most three quarters of it. If there is too little time for one, r says so.
func (f *benchFlags) addCompiling(ctx context.Context, r *bench.Report) error {
	dir, remove, err := f.pictures.saving.options().Scratch(fmt.Sprintf("gpuconv-bench-%d", os.Getuid()))
	if err != nil {
		return fmt.Errorf("timing compilation: %w", err)
	}
	defer remove()
	for i, cache := range []string{bench.CacheCold, bench.CacheWarm} {
		limit := min(max(compileLimit, f.left()/4), f.left()*time.Duration(3+i)/4)
		if limit < compileLeast { // a process would be over before it had measured anything
			r.MissCompiling(cache)
			continue
		}
		found, err := f.compileApart(ctx, cache, filepath.Join(dir, cache+".json"), limit)
		switch {
		case ctx.Err() != nil:
			r.Run.Partial = fmt.Sprintf("interrupted after %.3g s", time.Since(f.started).Seconds())
			return ctx.Err()
		case errors.Is(err, context.DeadlineExceeded):
			r.MissCompiling(cache)
		case err != nil:
			return fmt.Errorf("timing compilation with a %s cache: %w", cache, err)
		default:
			r.AddCompiling(found)
		}
	}
	return nil
}

// compileApart starts this program again to time compiling with the given state of the cache, within limit, and reads
// the report that it writes into file. If that process does not end soon after its time is up, it is killed. If it
// has left no report that can be read, the error is then [context.DeadlineExceeded].
func (f *benchFlags) compileApart(ctx context.Context, cache, file string, limit time.Duration) (bench.Report, error) {
	self, err := os.Executable()
	if err != nil {
		return bench.Report{}, err
	}
	limited, cancel := context.WithTimeout(ctx, limit+compileGrace)
	defer cancel()
	cmd := exec.CommandContext(limited, self, append([]string{"bench", "--compile", cache, "--backend", "gpu",
		"--json", file, "--limit", limit.String(), "--device", f.device, "--context", f.opener, "--algorithm",
		f.algorithm, "--precision", f.precision}, f.same...)...)
	cmd.Args[0] = os.Args[0]
	var stderr bytes.Buffer
	cmd.Stderr, cmd.WaitDelay = &stderr, compileGrace // a process that tries drivers may hold stderr
	ran := cmd.Run()
	r, err := loadBench(ctx, file) // the file is there even if the time was up before anything was timed
	switch {
	case err != nil && limited.Err() != nil:
		return r, limited.Err()
	case err != nil && ran != nil:
		return r, fmt.Errorf("%w: %s", ran, oneLine(stderr.String()))
	}
	return r, plain(err)
}

// closeSoon calls a function that closes a device, but waits for it a quarter of a second at most: the device may still
// be at work after a call that was not waited for, and the process is about to end.
func closeSoon(closing func() error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second/4)
	defer cancel()
	batch.Await(ctx, closing)
}
