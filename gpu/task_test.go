//go:build cgo && !nogl

package gpu

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"gpuconv/gpu/internal/egl"
)

// nodeOf returns the devices of a node: these, and a software renderer with the next number.
func nodeOf(all ...egl.Identity) (candidates []candidate) {
	for i, id := range all {
		candidates = append(candidates, candidate{name: "gpu", index: i, identity: func() egl.Identity { return id }})
	}
	return append(candidates, candidate{name: "surfaceless", index: -1},
		candidate{name: "llvmpipe", index: len(all), software: true})
}

// TestTask: the devices are fakes, since no GPU was here. EGL lists them in the order opposite to their PCI addresses,
// so that EGL's numbers are never right by chance.
func TestTask(t *testing.T) {
	uuid := []string{"GPU-8932f937-d72c-4106-c12f-20bd9faed9f6", "GPU-89aaaaaa-d72c-4106-c12f-20bd9faed9f6"}
	nvidia := nodeOf(egl.Identity{PCI: "0000:b1:00.0", Vendor: egl.NVIDIA, UUID: uuid[1], CUDA: -1},
		egl.Identity{PCI: "0000:3b:00.0", Vendor: egl.NVIDIA, UUID: uuid[0], CUDA: -1})
	// as NVIDIA's EGL answers under CUDA_VISIBLE_DEVICES with two of four devices, without nvidia-drm
	cuda := nodeOf(egl.Identity{CUDA: -1}, egl.Identity{CUDA: 1}, egl.Identity{CUDA: -1}, egl.Identity{CUDA: 0})
	all := nodeOf(egl.Identity{CUDA: 3}, egl.Identity{CUDA: 2}, egl.Identity{CUDA: 1}, egl.Identity{CUDA: 0})
	one := nodeOf(egl.Identity{CUDA: 0})
	told := nodeOf(egl.Identity{UUID: uuid[0], CUDA: 0})
	partly := nodeOf(egl.Identity{UUID: uuid[0], CUDA: 1}, egl.Identity{CUDA: 0})
	same := nodeOf(egl.Identity{CUDA: 0}, egl.Identity{CUDA: 0}) // a driver that counts wrongly
	amd := nodeOf(egl.Identity{PCI: "0000:43:00.0", Vendor: egl.AMD, UUID: "GPU-8d3e6f7ab5c92e4d", CUDA: -1},
		egl.Identity{PCI: "0000:03:00.0", Vendor: egl.AMD, UUID: "GPU-1d3e6f7ab5c92e4d", CUDA: -1})
	type env map[string]string
	for _, c := range []struct {
		name string
		node []candidate
		env  env
		want string // the number, and a part of the reason
	}{
		{"a UUID", nvidia, env{"CUDA_VISIBLE_DEVICES": uuid[0]}, "1 by its UUID"},
		{"the start of a UUID", nvidia, env{"CUDA_VISIBLE_DEVICES": "GPU-8932"}, "1 by its UUID"},
		{"the start of two UUIDs", nvidia, env{"CUDA_VISIBLE_DEVICES": "GPU-89"}, "error want the UUID"},
		{"no such UUID", nvidia, env{"CUDA_VISIBLE_DEVICES": "GPU-77"}, "error want the UUID"},
		{"a list of UUIDs", nvidia, env{"CUDA_VISIBLE_DEVICES": uuid[0] + "," + uuid[1], "SLURM_LOCALID": "3"},
			"0 with SLURM_LOCALID=3 is gpu, by its UUID"},
		{"by address", nvidia, env{"CUDA_VISIBLE_DEVICES": "0"}, "1 by the order of PCI addresses"},
		{"by address, the second", nvidia, env{"CUDA_VISIBLE_DEVICES": "0,1", "SLURM_LOCALID": "1"},
			"0 by the order of PCI addresses"},
		{"a number that is too large", nvidia, env{"CUDA_VISIBLE_DEVICES": "2"}, "error want the UUID"},
		{"none", nvidia, env{"CUDA_VISIBLE_DEVICES": ""},
			"error CUDA_VISIBLE_DEVICES=\"\": want the UUID or number of a GPU, EGL lists 2"},
		{"Slurm's word for none", one, env{"CUDA_VISIBLE_DEVICES": "NoDevFiles"}, "error want the UUID"},
		{"none by number", one, env{"CUDA_VISIBLE_DEVICES": "-1"}, "error want the UUID"},
		{"the position in the list", cuda, env{"CUDA_VISIBLE_DEVICES": "6,7", "SLURM_LOCALID": "1"}, "1 CUDA number"},
		{"the position, round and round", cuda, env{"CUDA_VISIBLE_DEVICES": "6,7", "SLURM_LOCALID": "2"},
			"3 CUDA number"},
		{"a UUID that EGL does not tell", cuda, env{"CUDA_VISIBLE_DEVICES": uuid[0] + "," + uuid[1]},
			"3 by its CUDA number 0"},
		{"the UUID of another task's GPU", told, env{"CUDA_VISIBLE_DEVICES": uuid[1]}, "error EGL lists 1"},
		{"the UUID of another, one is told", partly, env{"CUDA_VISIBLE_DEVICES": "GPU-77,GPU-78"}, "error EGL lists 2"},
		{"a part of a GPU", one, env{"CUDA_VISIBLE_DEVICES": "MIG-" + uuid[0]}, "error EGL lists 1"},
		{"a number, though UUIDs are told", told, env{"CUDA_VISIBLE_DEVICES": "5"}, "0 by its CUDA number 0"},
		{"EGL counts all", all, env{"CUDA_VISIBLE_DEVICES": "2,3"}, "1 by its CUDA number"},
		{"two with one number", same, env{"CUDA_VISIBLE_DEVICES": "0"}, "error want the UUID"},
		{"AMD's UUID", amd, env{"ROCR_VISIBLE_DEVICES": "GPU-8D3E6F7AB5C92E4D"}, "0 by its UUID"},
		{"AMD's number", amd, env{"ROCR_VISIBLE_DEVICES": "0"}, "1 by the order of PCI addresses"},
		// Slurm sets both if nobody told it what the GPUs are
		{"both variables", amd, env{"CUDA_VISIBLE_DEVICES": "1", "ROCR_VISIBLE_DEVICES": "1"},
			"0 ROCR_VISIBLE_DEVICES=1 is gpu"},
		{"both variables, no GPU", nodeOf(), env{"CUDA_VISIBLE_DEVICES": "1", "ROCR_VISIBLE_DEVICES": "2"},
			"error CUDA_VISIBLE_DEVICES=1 and ROCR_VISIBLE_DEVICES=2: want the UUID or number of a GPU, EGL lists 0"},
		{"a task without a number", amd, env{"SLURM_LOCALID": "x"}, `error SLURM_LOCALID is "x": want a whole number`},
		// an array of jobs with one task each: all have the number 0
		{"Slurm's number alone", amd, env{"SLURM_LOCALID": "0"}, "error want CUDA_VISIBLE_DEVICES or ROCR_VISIBLE"},
		{"no variable", nvidia, nil, "error want CUDA_VISIBLE_DEVICES or ROCR_VISIBLE_DEVICES in the environment"},
	} {
		s, why, err := Task().settle(c.node, func(name string) (string, bool) { v, ok := c.env[name]; return v, ok })
		got := fmt.Sprintf("%d %s", s.index, why)
		if err != nil {
			got = "error " + err.Error()
		}
		want, part, _ := strings.Cut(c.want, " ")
		if kind, rest, _ := strings.Cut(got, " "); kind != want || !strings.Contains(rest, part) {
			t.Errorf("%s, %v: %s, want %s", c.name, c.env, got, c.want)
		}
	}
	if s, _, err := Any().settle(nvidia, nil); s != Any() || err != nil {
		t.Errorf("any is settled as %v, %v", s, err)
	}
}

// TestSettled: a task tries only the device that it was given, and the error says by which variable it was chosen.
func TestSettled(t *testing.T) {
	all := nodeOf(egl.Identity{CUDA: 1}, egl.Identity{CUDA: 0})
	s, chosen, err := Task().settle(all, func(name string) (string, bool) { return "0", name == visible[0].name })
	if tried := s.order(all); err != nil || len(tried) != 1 || tried[0].index != 1 {
		t.Errorf("%v, %v", tried, err)
	}
	err = noDevice(s, chosen, all, []error{errors.New("gpu: no permission")})
	if want := "gpu: device task: no OpenGL 4.3 device answers the request; CUDA_VISIBLE_DEVICES=0 is gpu, " +
		"by its CUDA number 0; gpu: no permission"; err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// TestOpenTask: a task whose GPU is not here opens nothing, whatever the machine has. No device is a part of a GPU.
func TestOpenTask(t *testing.T) {
	openTest(t, Options{Device: Software()}).Close()
	t.Setenv("CUDA_VISIBLE_DEVICES", "MIG-00000000-0000-0000-0000-000000000000")
	t.Setenv("ROCR_VISIBLE_DEVICES", "")
	want := "CUDA_VISIBLE_DEVICES=MIG-00000000-0000-0000-0000-000000000000"
	if _, err := Open(Options{Device: Task()}); !errors.Is(err, ErrNoDevice) || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
	os.Unsetenv("CUDA_VISIBLE_DEVICES")
	os.Unsetenv("ROCR_VISIBLE_DEVICES")
	if err := (Options{Device: Task()}).Validate(); err == nil || errors.Is(err, ErrNoDevice) {
		t.Errorf("without variables: %v", err)
	}
}
