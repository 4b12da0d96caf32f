package experiment

import (
	"context"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"slices"
	"strconv"

	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/fault"
	"gpuconv/npy"
	"gpuconv/stimuli"
)

// numerics is the version of the numbers. It grows when the same job on the same device may give other bits than
// before. TestNumerics fails if the bits of the CPU engine change and this does not.
const numerics = 2

// Setting is one of the things that the bits of a job's activations depend on.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// identified is implemented by sets of images that depend on more than their table says. Identify writes what that is,
// and for files what shows that they have changed.
type identified interface{ Identify(to io.Writer) error }

// settings lists what the bits of the activations depend on. All shards of a job have the same.
func (j Job) settings(on Prepared) ([]Setting, error) {
	r, err := j.newReport(on)
	if err != nil {
		return nil, err
	}
	if j.Shard != nil {
		j.Images = j.Shard.whole
		r.StimuliShape = j.Images.Shape()
	}
	images, err := j.imagesSum()
	if err != nil {
		return nil, err
	}
	measured := "" // numbers of maps that a device makes have other bits
	if by, err := j.Summary.onDevice(on.Plan, on.Problem, nil); err != nil {
		return nil, err
	} else if by != nil {
		measured = "on the device"
		by.close(context.Background())
	}
	archive := "" // for .npy: older reports have no format, as .npy was the only one
	if j.Format.Kind != npy.NPY {
		archive = j.Format.Kind.String()
	}
	b := r.Backend
	all := []Setting{{"numerics", strconv.Itoa(numerics)},
		{"images", fmt.Sprint(r.StimuliShape)}, {"stimuli", images},
		{"filters", fmt.Sprint(r.FiltersShape)}, {"weights", floatsSum(j.Bank.Weight.Data)},
		{"bias", floatsSum(j.Bias)},
		{"activation", r.Activation}, {"stride", fmt.Sprint(r.Stride)}, {"padding", fmt.Sprint(r.PaddingAll)},
		{"padding-mode", r.PaddingMode}, {"dilation", fmt.Sprint(r.Dilation)}, {"groups", strconv.Itoa(r.Groups)},
		{"pool", r.Pool}, {"keep", r.Summary.String()},
		{"numbers", measured}, {"flip", strconv.FormatBool(r.Flip)},
		{"type", r.ActivationsDType}, {"format", archive}, {"backend", b.Name}, {"device", b.Device},
		{"driver", b.Driver},
		{"instructions", instructions(b.ISA)}, {"algorithm", b.Algorithm}, {"tile", b.Tile},
		{"shaders", b.ShaderHash}}
	return slices.DeleteFunc(all, func(s Setting) bool { return s.Value == "" }), nil
}

// instructions says which instructions of the CPU engine make the bits. All vector instructions make the same, with
// fused products. TestNumerics holds that.
func instructions(isa string) string {
	if isa == "" || isa == cpu.Generic.String() {
		return isa
	}
	return "vectors"
}

// sumOf returns the CRC-32C of what write writes.
func sumOf(write func(to io.Writer) error) (string, error) {
	sum := newSum()
	err := write(sum)
	return fmt.Sprintf("%08x", sum.Sum32()), err
}

func newSum() hash.Hash32 { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) }

// imagesSum returns a checksum of the table of images, and of all else that makes their pixels.
func (j Job) imagesSum() (string, error) {
	return sumOf(func(to io.Writer) error {
		err := stimuli.WriteTable(to, j.Images)
		if files, ok := j.Images.(identified); ok && err == nil {
			err = files.Identify(to)
		}
		return err
	})
}

// floatsSum returns the CRC-32C of numbers, or nothing if there are none.
func floatsSum(data []float32) string {
	if len(data) == 0 {
		return ""
	}
	sum := newSum()
	_ = npy.Format{}.NewEncoder(sum).Write(data) // a checksum cannot fail
	return fmt.Sprintf("%08x", sum.Sum32())
}

// differ returns an error that names the settings, at most three, in which a job differs from the one that was begun.
func differ(was, now []Setting) error {
	value := func(in []Setting, name string) string {
		at := slices.IndexFunc(in, func(s Setting) bool { return s.Name == name })
		if at < 0 {
			return "none"
		}
		return in[at].Value
	}
	const most = 3
	text, found, seen := "", 0, map[string]bool{}
	for _, s := range slices.Concat(was, now) {
		before, after := value(was, s.Name), value(now, s.Name)
		if before == after || seen[s.Name] {
			continue
		}
		if seen[s.Name] = true; found < most {
			text += fmt.Sprintf(", %s %s, not %s", fault.Printable(s.Name), fault.Printable(before),
				fault.Printable(after))
		}
		found++
	}
	if found == 0 {
		return nil
	}
	if found > most {
		text += fmt.Sprintf(", and %d more", found-most)
	}
	return &SettingsError{"it was begun with other settings: want" + text[1:]}
}

// SettingsError says how the settings of a job differ from those with which it was begun.
type SettingsError struct{ text string }

// Error returns the text.
func (e *SettingsError) Error() string { return e.text }

// shapeBytes returns the bytes of the outputs of an image in a file of this format.
func shapeBytes(outputs conv.Shape, f npy.Format) int64 {
	return int64(outputs[1]) * int64(outputs[2]) * int64(outputs[3]) * int64(f.ElementBytes())
}
