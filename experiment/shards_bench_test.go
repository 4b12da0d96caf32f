package experiment

import (
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gpuconv/conv"
	"gpuconv/stimuli"
	"gpuconv/whole"
)

// BenchmarkShards says how long the status and the merge of 10,000 shards of one small image take: all of them begun,
// or all complete. They are copies of one shard, with the numbers of each. GPUCONV_SHARDS names a folder in which begun
// and complete stay, for gpuconv status and gpuconv merge.
func BenchmarkShards(b *testing.B) {
	const shards = 10_000
	dir := os.Getenv("GPUCONV_SHARDS")
	if dir == "" {
		dir = b.TempDir()
	}
	begun, complete := filepath.Join(dir, "begun"), filepath.Join(dir, "complete")
	copyShards(b, begun, complete, shards)
	for range b.N {
		for name, folder := range map[string]string{"begun-s": begun, "complete-s": complete} {
			began := time.Now()
			if s, err := ReadShards(b.Context(), folder); err != nil || len(s.All) != shards {
				b.Fatal(err)
			}
			b.ReportMetric(time.Since(began).Seconds(), name)
		}
		out, err := whole.CreateFolder(filepath.Join(b.TempDir(), "out"))
		if err != nil {
			b.Fatal(err)
		}
		began := time.Now()
		r, err := Merge(b.Context(), complete, out, nil)
		if err != nil || r.ActivationsShape.N() != shards {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(began).Seconds(), "merge-s")
	}
}

// copyShards makes shards that are begun, and as many that are complete.
func copyShards(b *testing.B, begun, complete string, shards int) {
	j, err := small(b).CutShard(1, 30)
	if err != nil {
		b.Fatal(err)
	}
	first := filepath.Join(b.TempDir(), "shard")
	out, err := whole.Options{NoSync: true}.KeepFolder(first, j.ArrayName())
	if err != nil {
		b.Fatal(err)
	}
	defer out.Discard()
	journal := ""
	on := prepared(b, j, 1)
	j.Progress = func(int) { journal = filepath.Join(whole.Unfinished(first), "gpuconv.journal") }
	var lines []byte
	j.Phase = func(name string) {
		if name == Drawing {
			lines, err = os.ReadFile(journal)
		}
	}
	if _, runErr := j.RunOn(b.Context(), on, out); runErr != nil || err != nil {
		b.Fatal(runErr, err)
	}
	r, err := ReadReport(b.Context(), first)
	if err != nil {
		b.Fatal(err)
	}
	r.Shard.Of, r.Shard.Images = shards, shards
	for i := range shards {
		write := func(folder, name string, text []byte) {
			if err := os.MkdirAll(folder, 0o777); err != nil {
				b.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(folder, name), text, 0o666); err != nil {
				b.Fatal(err)
			}
		}
		write(whole.Unfinished(filepath.Join(begun, ShardName(i+1, shards))), "gpuconv.journal", lines)
		folder := filepath.Join(complete, ShardName(i+1, shards))
		for _, file := range r.Files {
			text, err := os.ReadFile(filepath.Join(first, file.Name))
			if err != nil {
				b.Fatal(err)
			}
			write(folder, file.Name, text)
		}
		r.Shard.Number, r.Shard.First = i+1, i
		text, err := json.Marshal(r)
		if err != nil {
			b.Fatal(err)
		}
		write(folder, reportName, text)
	}
}

// BenchmarkDecoding says how many multiplications of the CPU engine take as long as it takes to decode a JPEG and make
// it smaller, for each of its pixels. The constant decoding has that number. Both run on all cores.
func BenchmarkDecoding(b *testing.B) {
	const rows, columns, pictures = 768, 1024, 8
	dir := b.TempDir()
	noise := image.NewRGBA(image.Rect(0, 0, columns, rows))
	for i := range noise.Pix {
		noise.Pix[i] = byte(i/8*37 ^ i/4096)
	}
	for i := range pictures {
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("%d.jpg", i)))
		if err == nil {
			err = errors.Join(jpeg.Encode(f, noise, nil), f.Close())
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	files, err := stimuli.OpenFiles(b.Context(), dir, stimuli.Options{Resize: [2]int{96, 128}})
	if err != nil {
		b.Fatal(err)
	}
	images, err := conv.NewTensor(files.Shape())
	if err != nil {
		b.Fatal(err)
	}
	j := small(b)
	j.Images = files
	on := prepared(b, j, pictures)
	shape, _ := on.Problem.Dst()
	outputs, err := conv.NewTensor(shape)
	if err != nil {
		b.Fatal(err)
	}
	var drawing, convolving time.Duration
	for b.Loop() {
		began := time.Now()
		if err := files.Draw(images, 0); err != nil {
			b.Fatal(err)
		}
		drawn := time.Now()
		if err := on.Plan.Run(outputs, images); err != nil {
			b.Fatal(err)
		}
		drawing, convolving = drawing+drawn.Sub(began), convolving+time.Since(drawn)
	}
	pixel := drawing.Seconds() / (pictures * rows * columns)
	b.ReportMetric(pixel/(convolving.Seconds()/on.Problem.MACs()), "multiplications/pixel")
}
