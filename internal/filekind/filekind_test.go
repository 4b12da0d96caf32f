package filekind

import "testing"

func TestOf(t *testing.T) {
	for _, c := range []struct{ name, start, want string }{
		{"photo", "GIF89a\x01\x00", "a GIF"}, {"photo.png", "GIF87a", "a GIF"},
		{"photo.jpg", "\x89PNG\r\n\x1a\n\x00", PNG}, {"p", "\xff\xd8\xff\xe0", JPEG}, {"p", "MM\x00*\x00", TIFF},
		{"p", "RIFF\x10\x00\x00\x00WEBPVP8 ", WebP}, {"p", "RIFF\x10\x00\x00\x00WAVEfmt ", "a WAV sound"},
		{"p", "\x00\x00\x00\x18ftypheic", "a HEIC"}, {"p", "\x00\x00\x00\x18ftypavif", "an AVIF"},
		{"p", "BM\x3a\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00", BMP},
		{"note", "BMW and others are cars", "text"}, {"p", "%PDF-1.7", "a PDF"}, {"x", "\x93NUMPY\x01\x00", NPY},
		{"m.pt", "PK\x03\x04", PyTorch}, {"m.npz", "PK\x03\x04", ZIP}, {"m.pth", "\x80\x02\x8a\x0a", PyTorch},
		{"m", "\x80\x02\x8a\x0a", "a Python pickle, as PyTorch's old .pt"},
		{"m", "\x40\x00\x00\x00\x00\x00\x00\x00{\"__metadata__\"", Safetensors},
		{"m.safetensors", "?", Safetensors}, {"m.onnx", "\x08\x07\x12", "an ONNX model"}, {"m.mat", "MATLAB 5.0 MAT-file", "a MATLAB .mat"},
		{"p", "P1 2 2 0 1 1 0", "a PBM"}, {"p", "P5\n# by hand\n2 2 255\n\x00\x01", "a PGM"}, {"p", "P6\t2 2", "a PPM"},
		{"a", "P1, P2 and P3 are magic numbers", "text"}, {"a.png", "P1 is the first plane", "text"}, {"a", "P3", "text"},
		{"a", "P7 is not P8", "text"}, {"a", "DDS is short for dentist", "text"}, {"a", "qoif is fine", "text"},
		{"a", "BZhang, Q.: Vision", "text"}, {"a", "The ftyp box is first", "text"}, {"a", "Rar! That is rare.", "text"},
		{"a", "GGUF and GIF8 are names", "text"}, {"a", "MATLAB 5.0 is old", "text"}, {"a", "8BPS starts a PSD", "text"},
		{"a", "farbfeld is a format", "text"}, {"a", "DDS \x7c\x00\x00\x00", "a DDS texture"},
		{"a", "qoif\x00\x00\x00\x02", "a QOI"}, {"a", "BZh91AY&SY\x00\x01", "a bzip2 archive"},
		{"a", "", "empty"}, {"a", "text, größer\n", "text"}, {"a", "\x01\x02\x03", ""}, {"d.csv", "1,2\n", "CSV text"},
	} {
		if got := Of(c.name, []byte(c.start)); got != c.want {
			t.Errorf("%s that starts with %q is %q, want %q", c.name, c.start, got, c.want)
		}
	}
}
