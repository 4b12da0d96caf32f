package main

import (
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// slurmScript is scripts/slurm, in a folder with scripts that play the programs it calls.
type slurmScript struct {
	t         *testing.T
	folder    string
	temporary string // where the script has its files
	cmd       *exec.Cmd
	said      strings.Builder
}

// newSlurmScript finds programs in its folder first, and then in path, which begins with a colon or is empty.
func newSlurmScript(t *testing.T, path string) *slurmScript {
	script, err := filepath.Abs("../../scripts/slurm")
	if err != nil {
		t.Fatal(err)
	}
	if mounts, _ := os.ReadFile("/proc/mounts"); !strings.Contains(string(mounts), " /sys/fs/cgroup") {
		t.Skip("the script needs control groups, and nothing is mounted at /sys/fs/cgroup")
	}
	s := &slurmScript{t: t, folder: t.TempDir(), temporary: t.TempDir()}
	s.cmd = exec.Command(script, filepath.Join(s.folder, "gpuconv"))
	s.cmd.Env = append(os.Environ(), "PATH="+s.folder+path, "TMPDIR="+s.temporary, "PLAYED="+s.folder)
	s.cmd.Stdout, s.cmd.Stderr = io.Discard, &s.said
	s.cmd.WaitDelay = time.Minute // for what is left behind with the script's stderr
	for name, does := range map[string]string{
		"id":        "echo 0",
		"munged":    `for a; do case $a in --socket=*) ln -s "$PLAYED/socket" "${a#*=}"; esac; done`,
		"slurmctld": "exec sleep 1000",
		"slurmd":    "exit",
		"sinfo":     "echo idle; echo idle",
		"gpuconv":   "exit 1",
	} {
		s.put(name, does)
	}
	return s
}

func (s *slurmScript) put(name, does string) {
	if err := os.WriteFile(filepath.Join(s.folder, name), []byte("#!/bin/sh\n"+does+"\n"), 0o777); err != nil {
		s.t.Fatal(err)
	}
}

// TestSlurmScriptEnds: no process and no file is left when the script fails or is interrupted. Processes in a session
// of their own, stopped ones, and children of a daemon that has ended are ended too.
func TestSlurmScriptEnds(t *testing.T) {
	for name, c := range map[string]struct {
		sinfo string
		code  int
	}{
		"fails":       {"echo idle; echo idle", 1},
		"interrupted": {"exit", 143}, // while it waits for two idle nodes
	} {
		t.Run(name, func(t *testing.T) {
			s := newSlurmScript(t, ":"+os.Getenv("PATH"))
			socket, err := net.Listen("unix", filepath.Join(s.folder, "socket"))
			if err != nil {
				t.Fatal(err)
			}
			defer socket.Close()
			s.put("sbatch", "exit 1")
			s.put("sinfo", c.sinfo)
			s.put("slurmd", `cd "${SLURM_CONF%/*}/job"
setsid sleep 1000 & echo $! >>"$PLAYED/started"
sleep 1000 & kill -STOP $!; echo $! >>"$PLAYED/started"
exec sleep 1000`)
			s.put("gpuconv", `while [ "$(wc -l <"$PLAYED/started")" -lt 4 ]; do sleep 0.02; done; exit 1`)
			if err := s.cmd.Start(); err != nil {
				t.Fatal(err)
			}
			started := s.started(4)
			if c.code == 143 {
				if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
					t.Fatal(err)
				}
			}
			err = s.cmd.Wait()
			if failed := (*exec.ExitError)(nil); !errors.As(err, &failed) || failed.ExitCode() != c.code {
				t.Errorf("%v, want exit code %d: %s", err, c.code, s.said.String())
			}
			for _, pid := range started {
				if lives(pid) {
					t.Errorf("process %d is left", pid)
				}
			}
			left, err := filepath.Glob(filepath.Join(s.temporary, "*"))
			if err != nil || len(left) > 0 {
				t.Errorf("files are left: %v, %v", left, err)
			}
		})
	}
}

// started waits for processes that name themselves, and ends them with the test.
func (s *slurmScript) started(n int) []int {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		text, _ := os.ReadFile(filepath.Join(s.folder, "started"))
		words := strings.Fields(string(text))
		if len(words) < n || !strings.HasSuffix(string(text), "\n") {
			continue
		}
		var pids []int
		for _, word := range words {
			pid, err := strconv.Atoi(word)
			if err != nil {
				s.t.Fatal(err)
			}
			pids = append(pids, pid)
			s.t.Cleanup(func() {
				if lives(pid) {
					syscall.Kill(pid, syscall.SIGKILL)
				}
			})
		}
		return pids
	}
	s.t.Fatal("no processes after a minute: ", s.said.String())
	return nil
}

// lives says if a process is there and has not ended: one that nobody waits for has the state Z.
func lives(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

// TestSlurmScriptInstalls: packages are installed even if only one program is missing. If apt cannot fetch them, the
// exit code is 3; if it cannot install them, that is a failure. A line says why.
func TestSlurmScriptInstalls(t *testing.T) {
	unraced(t)
	for name, c := range map[string]struct {
		apt  string
		code int
	}{
		"no mirror":  {`case "$*" in *update*) echo 'E: why'; exit 100; esac`, 3},
		"no package": {`case "$*" in *download-only*) echo 'E: why' >&2; exit 100; esac`, 3},
		"a script of a package": {`case "$*" in *update* | *download-only*) exit 0; esac
echo 'dpkg: error'; echo 'E: why'; exit 100`, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSlurmScript(t, "")
			for _, tool := range strings.Fields("bash sh dirname realpath mktemp rm tail cat") {
				path, err := exec.LookPath(tool)
				if err != nil {
					t.Skip(err)
				}
				if err := os.Symlink(path, filepath.Join(s.folder, tool)); err != nil {
					t.Fatal(err)
				}
			}
			s.put("apt-get", c.apt)
			err := s.cmd.Run() // sbatch is missing, and no other
			failed, said := (*exec.ExitError)(nil), strings.HasSuffix(s.said.String(), ": E: why\n")
			if !errors.As(err, &failed) || failed.ExitCode() != c.code || !said {
				t.Errorf("%v, want exit code %d and why: %q", err, c.code, s.said.String())
			}
		})
	}
}
