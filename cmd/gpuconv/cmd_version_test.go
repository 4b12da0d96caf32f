package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
)

// TestRecorded: the revision is what go build records in a program.
func TestRecorded(t *testing.T) {
	setting := func(key, value string) debug.BuildSetting { return debug.BuildSetting{Key: key, Value: value} }
	for _, c := range []struct {
		name, version string
		settings      []debug.BuildSetting
		want          string
	}{
		{"a checkout", "v0.0.0-20260102030405-0123456789ab", []debug.BuildSetting{setting("vcs.revision", "0123"), setting("vcs.modified", "false")}, "0123"},
		{"a changed checkout", "(devel)", []debug.BuildSetting{setting("vcs.revision", "0123"), setting("vcs.modified", "true")}, "0123-dirty"},
		{"a downloaded module", "v1.2.3", nil, "v1.2.3"},
		{"no git", "(devel)", []debug.BuildSetting{setting("GOOS", "linux")}, "unknown"},
		{"a test", "", nil, "unknown"},
	} {
		got := recorded(&debug.BuildInfo{Main: debug.Module{Version: c.version}, Settings: c.settings})
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// TestPlainGoBuild: in a clone, go build without make records the revision, and whether the clone was changed. The
// program that is built is program.go alone, which is quick to build.
func TestPlainGoBuild(t *testing.T) {
	unraced(t)
	clone := t.TempDir()
	program, err := os.ReadFile("program.go")
	if err != nil {
		t.Fatal(err)
	}
	writeText(t, filepath.Join(clone, "program.go"), string(program))
	writeText(t, filepath.Join(clone, "main.go"), "package main\n\nfunc main() { println(describeProgram().Git) }\n")
	writeText(t, filepath.Join(clone, "go.mod"), "module gpuconv\n\ngo 1.26\n")
	in := func(name string, args ...string) string {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir = clone
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %v: %v\n%s", name, args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	built := func() string {
		t.Helper()
		path := filepath.Join(t.TempDir(), "program")
		in("go", "build", "-buildvcs=true", "-o", path, ".")
		return in(path)
	}
	in("git", "init", "-q")
	in("git", "add", ".")
	in("git", "-c", "user.name=gpuconv", "-c", "user.email=", "commit", "-q", "-m", "a revision")
	hash := in("git", "rev-parse", "HEAD")
	if got := built(); got != hash {
		t.Errorf("go build in a clone: %s, want %s", got, hash)
	}
	writeText(t, filepath.Join(clone, "main.go"), "package main\n\nfunc main() { print(describeProgram().Git) }\n")
	if got := built(); got != hash+"-dirty" {
		t.Errorf("go build in a changed clone: %s, want %s-dirty", got, hash)
	}
}

func writeText(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
