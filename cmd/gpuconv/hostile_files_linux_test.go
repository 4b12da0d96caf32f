package main

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"gpuconv/npy"
)

// harmless writes the files that the commands of these tests can read: arrays, a table, a picture and so on.
func harmless(t *testing.T, dir string) {
	t.Helper()
	array := func(shape ...int) *npy.Array {
		n := 1
		for _, e := range shape {
			n *= e
		}
		return &npy.Array{Shape: shape, Data: make([]float32, n)}
	}
	try := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	try(npy.WriteFile(filepath.Join(dir, "x.npy"), array(2, 1, 8, 8)))
	try(npy.WriteFile(filepath.Join(dir, "w.npy"), array(2, 1, 3, 3)))
	try(npy.WriteFile(filepath.Join(dir, "b.npy"), array(2)))
	try(npy.WriteNPZ(filepath.Join(dir, "r.npz"), npy.Named{Name: "resp_train", Array: array(3, 4)},
		npy.Named{Name: "resp_test", Array: array(3, 4)}, npy.Named{Name: "stimuli", Array: array(3)}))
	try(os.WriteFile(filepath.Join(dir, "t.csv"), []byte("image,kind,orientation_deg\n0,g,0\n1,g,90\n"), 0o666))
	try(os.WriteFile(filepath.Join(dir, "i.toml"), []byte(anyShader), 0o666))
	try(os.WriteFile(filepath.Join(dir, "r.json"), []byte("{}"), 0o666))
	try(os.Mkdir(filepath.Join(dir, "folder"), 0o777))
	var picture bytes.Buffer
	try(png.Encode(&picture, image.NewGray(image.Rect(0, 0, 8, 8))))
	try(os.WriteFile(filepath.Join(dir, "p.png"), picture.Bytes(), 0o666))
}

// hostile writes files that no command should read to the end.
func hostile(t *testing.T, dir string) {
	t.Helper()
	try := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	try(os.Mkdir(dir, 0o777))
	at := func(name string) string { return filepath.Join(dir, name) }
	try(syscall.Mkfifo(at("pipe"), 0o666))
	for _, name := range []string{"zeros.npy", "zeros.png"} {
		try(os.Symlink("/dev/zero", at(name)))
	}
	try(os.Mkdir(at("folder"), 0o777))
	try(syscall.Mkfifo(at("folder/a.png"), 0o666))
	try(syscall.Mkfifo(at("folder/activations.npy"), 0o666))
	try(syscall.Mkfifo(at("folder/run.json"), 0o666))
	try(os.Mkdir(at("run"), 0o777))
	try(syscall.Mkfifo(at("run/stimuli.csv"), 0o666))
	for name, file := range map[string]struct {
		start []byte
		size  int64
	}{
		// 100 GB each, nearly all of it holes
		"line.npy":    {npyHeader("<f4", false, 25e9), 100e9},
		"square.npy":  {npyHeader("<f4", false, 250e3, 100e3), 100e9},
		"fortran.npy": {npyHeader("<f4", true, 250e3, 100e3), 100e9},
		"images.npy":  {npyHeader("<f8", true, 2, 1, 62500, 1e5), 100e9},
		"filters.npy": {npyHeader("<f4", false, 25e8, 1, 2, 5), 100e9},
		"kernel.npy":  {npyHeader("|u1", false, 1, 1, 316227, 316227), 316227 * 316227},
		"text.csv":    {[]byte("image,kind,orientation_deg\n"), 100e9},
		"nothing":     {nil, 255 << 20},
		"objects":     {[]byte(`{"schema":1,"results":[` + strings.Repeat("{},", 5e6) + "{}]}"), 0},
		"rows.csv":    {[]byte("image,kind,orientation_deg\n" + strings.Repeat("0,g,1\n", 3e6)), 0},
		"columns.csv": {[]byte("image,kind,orientation_deg" + strings.Repeat(",a", 5e6) + "\n"), 0},
		"deep.png":    {pngHead(16384, 16384, 16, 6), 0},
		"big.bmp":     {bmpHead(16384, 16384), 54 + 3<<28},
		"big.tif":     {tiffHead(16384, 16384), 1 << 29},
	} {
		try(os.WriteFile(at(name), file.start, 0o666))
		if size := file.size; size > 0 {
			if bytes.HasPrefix(file.start, []byte("\x93NUMPY")) {
				size += int64(len(file.start))
			}
			try(os.Truncate(at(name), size))
		}
	}
	try(os.WriteFile(at("bomb.pt"), bomb("w/data.pkl", []byte("\x80\x02]"), 10e9), 0o666))
	header := append(binary.LittleEndian.AppendUint64(nil, 16<<20), "{"+strings.Repeat(`"a":{},`, 2<<20)...)
	try(os.WriteFile(at("header.safetensors"), header, 0o666))
	try(os.WriteFile(at("bomb.npz"), bomb("w.npy", npyHeader("<f4", false, 1, 1, 5e4, 5e4), 10e9), 0o666))
}

// npyHeader returns the start of a .npy file.
func npyHeader(dtype string, fortran bool, shape ...int) []byte {
	order := "False"
	if fortran {
		order = "True"
	}
	extents := strings.Trim(strings.ReplaceAll(fmt.Sprint(shape), " ", ","), "[]")
	text := fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': (%s,), }", dtype, order, extents)
	text += strings.Repeat(" ", 64-(11+len(text))%64) + "\n"
	return append(binary.LittleEndian.AppendUint16([]byte("\x93NUMPY\x01\x00"), uint16(len(text))), text...)
}

// pngHead returns a PNG whose pixels are cut off.
func pngHead(rows, columns uint32, depth, kind byte) []byte {
	chunk := func(file []byte, name string, data []byte) []byte {
		file = binary.BigEndian.AppendUint32(file, uint32(len(data)))
		body := append([]byte(name), data...)
		return binary.BigEndian.AppendUint32(append(file, body...), crc32.ChecksumIEEE(body))
	}
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, columns), rows)
	file := chunk([]byte("\x89PNG\r\n\x1a\n"), "IHDR", append(head, depth, kind, 0, 0, 0))
	return chunk(file, "IDAT", []byte{0x78, 0x9c, 0})
}

// bmpHead returns the start of a BMP of 24 bits.
func bmpHead(rows, columns uint32) []byte {
	le := binary.LittleEndian
	b := append([]byte("BM"), make([]byte, 8)...)
	for _, v := range []uint32{54, 40, columns, rows, 1 | 24<<16, 0, 0, 0, 0, 0, 0} {
		b = le.AppendUint32(b, v)
	}
	return b
}

// tiffHead returns the start of a TIFF of one strip.
func tiffHead(rows, columns uint32) []byte {
	le := binary.LittleEndian
	fields := [][2]uint32{{256, columns}, {257, rows}, {258, 8}, {259, 1}, {262, 1}, {273, 200}, {277, 1}, {278, rows},
		{279, rows * columns}}
	b := le.AppendUint16(le.AppendUint32([]byte("II*\x00"), 8), uint16(len(fields)))
	for _, f := range fields {
		b = le.AppendUint32(le.AppendUint32(le.AppendUint16(le.AppendUint16(b, uint16(f[0])), 4), 1), f[1])
	}
	return le.AppendUint32(b, 0)
}

// bomb returns an archive of one array: a header, and zeros that are compressed to a thousandth.
func bomb(name string, header []byte, size int64) []byte {
	var packed bytes.Buffer
	w, _ := flate.NewWriter(&packed, flate.BestCompression)
	w.Write(header)
	w.Flush()
	const block = 1 << 20
	first := packed.Len()
	for range 2 { // the second block and each after it refer to zeros only
		first = packed.Len()
		w.Write(make([]byte, block))
		w.Flush()
	}
	data := append([]byte(nil), packed.Bytes()...)
	data = append(data, bytes.Repeat(packed.Bytes()[first:], int(size/block)-2)...)
	le := binary.LittleEndian
	total := int64(len(header)) + size
	file := append([]byte("PK\x03\x04-\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
		bytes.Repeat([]byte{0xff}, 8)...)
	large := le.AppendUint64(le.AppendUint64(le.AppendUint16([]byte{1, 0}, 16), uint64(total)), uint64(len(data)))
	lengths := le.AppendUint16(le.AppendUint16(nil, uint16(len(name))), uint16(len(large)))
	file = append(append(append(append(file, lengths...), name...), large...), data...)
	start := len(file)
	file = append(file, "PK\x01\x02-\x00-\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
	file = append(append(append(file, bytes.Repeat([]byte{0xff}, 8)...), lengths...), make([]byte, 14)...)
	file = append(append(file, name...), large...)
	end := le.AppendUint32(le.AppendUint32([]byte("PK\x05\x06\x00\x00\x00\x00\x01\x00\x01\x00"),
		uint32(len(file)-start)), uint32(start))
	return append(append(file, end...), 0, 0)
}
