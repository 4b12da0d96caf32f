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
		{"a", "", "empty"}, {"a", "text, größer\n", "text"}, {"a", "\x01\x02\x03", ""}, {"d.csv", "1,2\n", "CSV text"},
	} {
		if got := Of(c.name, []byte(c.start)); got != c.want {
			t.Errorf("%s that starts with %q is %q, want %q", c.name, c.start, got, c.want)
		}
	}
}
