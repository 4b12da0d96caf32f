package probe

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"syscall"

	"gpuconv/fault"
	"gpuconv/gpu"
	"gpuconv/internal/input"
)

// answers is the file descriptor to which the child writes messages. Messages do not go to stdout, since drivers may
// print there.
const answers = 3

// serve probes, and writes messages to the parent. The child leaves no core file. When the parent ends, the child ends
// too, with its process group: the child's stdin is a pipe, which ends with the parent.
func serve(o gpu.Options, all bool) {
	syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}) // at worst there is a core file
	go func() {
		io.Copy(io.Discard, os.Stdin)
		die()
	}()
	syscall.CloseOnExec(answers)
	out := json.NewEncoder(os.NewFile(answers, "answers"))
	err := gpu.Probe(o, all, func(s gpu.Step) { out.Encode(message{Step: s}) })
	last := message{End: true, Files: loaded()}
	var of *fault.Error
	if errors.As(err, &of) && of.Err != nil {
		last.Err = of.Err.Error() // without the device's name, which the parent knows
	}
	out.Encode(last)
}

// die kills this process and, if it leads a process group, all processes of the group: those that a driver has started.
// The parent makes each child the leader of a group. A child that somebody started by hand may share its group with
// other processes.
func die() {
	self := os.Getpid()
	if syscall.Getpgrp() == self {
		syscall.Kill(-self, syscall.SIGKILL)
	}
	syscall.Kill(self, syscall.SIGKILL)
}

// loaded lists the libraries that are mapped into this process.
func loaded() (files []string) {
	maps, err := input.Open(context.Background(), input.System, "/proc/self/maps")
	if err != nil {
		return nil
	}
	defer maps.Close()
	seen := map[string]bool{}
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		at := strings.IndexByte(lines.Text(), '/')
		if at < 0 {
			continue
		}
		if file := lines.Text()[at:]; strings.Contains(file, ".so") && !seen[file] {
			seen[file] = true
			files = append(files, file)
		}
	}
	return files
}
