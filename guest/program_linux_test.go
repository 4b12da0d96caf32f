package guest

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"gpuconv/compare"
	"gpuconv/conv"
)

// script returns a program that runs a script of sh.
func script(t *testing.T, text string) Program {
	t.Helper()
	path := filepath.Join(t.TempDir(), "script.sh")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := ParseProgram("sh "+path+" {input} {weight} {output}", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// small is a case that any program takes.
func small(t *testing.T) compare.Case {
	t.Helper()
	c, err := compare.Random("small", conv.Problem{Src: conv.Shape{1, 1, 4, 4}, Weight: conv.Shape{1, 1, 1, 1}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestManyPlansOfProgram: a machine with many cores has as many plans at once, and leaves no folder.
func TestManyPlansOfProgram(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	p, c := script(t, "cp $1 $3\n"), small(t)
	var plans []conv.Plan
	for range 40 {
		plan, err := p.Plan(c.Problem, c.Weight, c.Bias)
		if err != nil {
			t.Fatalf("plan %d: %v", len(plans), err)
		}
		plans = append(plans, plan)
	}
	for i, plan := range plans {
		dst, err := compare.RunGuarded(plan, c.Problem, c.Src)
		if err != nil || compare.Differ(dst.Data, c.Src.Data) >= 0 {
			t.Errorf("plan %d: %v", i, err)
		}
		if err := plan.Close(); err != nil {
			t.Error(err)
		}
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("%v, it leaves %v", err, left)
	}
}

// TestTalkativeProgram: of what a program prints only the end is kept.
func TestTalkativeProgram(t *testing.T) {
	c := small(t)
	plan, err := script(t, "yes no | head -c 100000000\necho the end >&2\nexit 3\n").Plan(c.Problem, c.Weight, c.Bias)
	if err != nil {
		t.Fatal(err)
	}
	defer plan.Close()
	before := memory()
	_, err = compare.RunGuarded(plan, c.Problem, c.Src)
	if err == nil || !strings.Contains(err.Error(), "the end: exit status 3") {
		t.Errorf("%v", err)
	}
	if took := memory() - before; took > 50e6 {
		t.Errorf("it took %.0f MB", took/1e6)
	}
}

// memory returns how many bytes Go has from the system.
func memory() float64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.Sys)
}

// TestProgramEndsWithUs: a program does not outlive the process that has started it.
func TestProgramEndsWithUs(t *testing.T) {
	const variable = "GPUCONV_TEST_PROGRAM"
	if named := os.Getenv(variable); named != "" {
		c := small(t)
		plan, err := script(t, "echo $$ >"+named+".part; mv "+named+".part "+named+"; exec sleep 100\n").
			Plan(c.Problem, c.Weight, c.Bias)
		if err != nil {
			t.Fatal(err)
		}
		go func() { _, _ = compare.RunGuarded(plan, c.Problem, c.Src) }()
		for {
			if _, err := os.Stat(named); err == nil {
				os.Exit(0)
			}
			time.Sleep(time.Millisecond)
		}
	}
	named := filepath.Join(t.TempDir(), "pid")
	again := exec.Command(os.Args[0], "-test.run=^TestProgramEndsWithUs$")
	again.Env = append(os.Environ(), variable+"="+named, "TMPDIR="+t.TempDir())
	if out, err := again.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	pid, err := os.ReadFile(named)
	if err != nil {
		t.Fatal(err)
	}
	for try := 0; ; try++ {
		stat, err := os.ReadFile("/proc/" + strings.TrimSpace(string(pid)) + "/stat")
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
		if time.Sleep(10 * time.Millisecond); try > 500 {
			t.Fatalf("the program lives on: %s", stat)
		}
	}
}
