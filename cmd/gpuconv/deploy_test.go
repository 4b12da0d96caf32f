package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// podCommand returns the arguments of the container of a manifest in deploy/kubernetes.
func podCommand(t *testing.T, manifest string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "deploy", "kubernetes", manifest))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^ +command: \[gpuconv\]\n +args: \[(.*)\]$`).FindAllSubmatch(text, -1)
	if len(found) != 1 {
		t.Fatalf("%s has %d commands, want one", manifest, len(found))
	}
	var args []string
	for _, arg := range strings.Split(string(found[0][1]), ", ") {
		args = append(args, strings.Trim(arg, `"`))
	}
	return args
}

// TestKubernetes runs the commands of deploy/kubernetes as the controller of Indexed Jobs starts them: with an index,
// beginning at 0, in the environment. There are fewer images, and a folder takes the place of the volume. The merged
// array has the bits of one run.
func TestKubernetes(t *testing.T) {
	unraced(t)
	data := t.TempDir()
	smaller := strings.NewReplacer("/data", data, "0:180:0.01", "0:180:4")
	pod := func(manifest string, index int) {
		t.Helper()
		cmd := program(t)
		for _, arg := range podCommand(t, manifest) {
			cmd.Args = append(cmd.Args, smaller.Replace(arg))
		}
		if index >= 0 {
			cmd.Env = append(cmd.Env, fmt.Sprint("JOB_COMPLETION_INDEX=", index))
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s, index %d: %v: %s", manifest, index, err, out)
		}
	}
	for index := range 8 {
		pod("job.yaml", index)
	}
	pod("merge.yaml", -1)
	plain := filepath.Join(data, "plain")
	args := append(podCommand(t, "job.yaml"), "--output", plain)
	args = append(args[:1], args[3:]...) // without --shards 8
	for i := range args {
		args[i] = smaller.Replace(args[i])
	}
	if out, err := program(t, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	want, err := os.ReadFile(filepath.Join(plain, "activations.npy"))
	got, gotErr := os.ReadFile(filepath.Join(data, "merged", "activations.npy"))
	if err != nil || gotErr != nil || !bytes.Equal(got, want) {
		t.Errorf("the merged array differs: %v %v", err, gotErr)
	}
	manifest, err := os.ReadFile(filepath.Join("..", "..", "deploy", "kubernetes", "job.yaml"))
	if err != nil || !regexp.MustCompile(`(?m)^  completions: 8\b`).Match(manifest) {
		t.Errorf("want as many completions as --shards 8: %v", err)
	}
}
