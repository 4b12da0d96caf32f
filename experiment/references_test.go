package experiment

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gpuconv/conv"
)

// TestMergeVirtual: what the references name, one chunk after the other, is what a merge copies.
func TestMergeVirtual(t *testing.T) {
	for _, c := range []struct {
		of, chunks int // small has 30 images
		half       bool
	}{{of: 1, chunks: 1}, {of: 5, chunks: 5}, {of: 4, chunks: 30}, {of: 3, chunks: 3, half: true}} {
		dir := t.TempDir()
		for i := range c.of {
			if err := runShard(t, t.Context(), dir, i+1, c.of, func(j *Job) { j.Format.Half = c.half }); err != nil {
				t.Fatal(err)
			}
		}
		_, copied, err := merged(t, dir)
		if err != nil {
			t.Fatal(err)
		}
		out := folder(t)
		r, err := MergeVirtual(t.Context(), dir, out, nil)
		if err != nil {
			t.Fatal(err)
		}
		if r.ActivationsFile != ReferencesName || !r.Merged.Virtual {
			t.Errorf("run.json says %s, %+v", r.ActivationsFile, r.Merged)
		}
		if _, err := os.Stat(filepath.Join(out.Path(), "activations.npy")); err == nil {
			t.Error("the array was copied")
		}
		var got references
		text, err := os.ReadFile(filepath.Join(out.Path(), ReferencesName))
		if err == nil {
			err = json.Unmarshal(text, &got)
		}
		if err != nil {
			t.Fatal(err)
		}
		var all []byte
		n := 0
		for ; got.Refs[fmt.Sprintf("activations/c/%d/0/0/0", n)] != nil; n++ {
			ref := got.Refs[fmt.Sprintf("activations/c/%d/0/0/0", n)].([]any)
			file, err := os.ReadFile(strings.ReplaceAll(ref[0].(string), "{{shards}}", got.Templates["shards"]))
			if err != nil {
				t.Fatal(err)
			}
			at, size := int(ref[1].(float64)), int(ref[2].(float64))
			all = append(all, file[at:at+size]...)
		}
		whole, err := os.ReadFile(filepath.Join(copied, "activations.npy"))
		if err != nil || n != c.chunks || len(got.Refs) != n+2 || string(all) != string(whole[128:]) {
			t.Errorf("%d shards: %d chunks of %d bytes, want %d of %d: %v", c.of, n, len(all), c.chunks,
				len(whole)-128, err)
		}
		alter(t, filepath.Join(dir, ShardName(c.of, c.of), "activations.npy"), func(b []byte) []byte {
			b[200] ^= 1
			return b
		})
		bad := folder(t)
		if _, err := MergeVirtual(t.Context(), dir, bad, nil); err == nil || !strings.Contains(err.Error(), "CRC-32C") {
			t.Errorf("an altered shard is referred to: %v", err)
		}
		bad.Discard()
	}
}

// TestReferredChunk: a chunk divides all shards, and is no larger than 16 MB.
func TestReferredChunk(t *testing.T) {
	for _, c := range []struct {
		sizes []int
		want  int
	}{{[]int{12, 18}, 6}, {[]int{11, 12}, 1}, {[]int{5000, 5000}, 2500}, {[]int{4099, 4099}, 1}} { // 4 kB an image
		m := &merger{total: &Report{ActivationsShape: conv.Shape{1, 1, 1, 1024}}}
		for _, n := range c.sizes {
			m.reports = append(m.reports, &Report{ActivationsShape: conv.Shape{n, 1, 1, 1024}})
		}
		if got := m.chunk(); got != c.want {
			t.Errorf("%v: %d, want %d", c.sizes, got, c.want)
		}
	}
	m := &merger{Shards: &Shards{Folder: "s"}, total: &Report{ActivationsShape: conv.Shape{200_001, 1, 1, 1}},
		reports: []*Report{{ActivationsShape: conv.Shape{100_000, 1, 1, 1}},
			{ActivationsShape: conv.Shape{100_001, 1, 1, 1}}}}
	want := "experiment: s: the shards have 100000 and 100001 images: want sizes with a common divisor, for at most " +
		"131072 chunks, or a merge that copies"
	if err := m.refer(t.Context(), nil, nil); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
