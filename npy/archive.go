package npy

import (
	"archive/zip"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"gpuconv/internal/filekind"
	"gpuconv/whole"
)

// deflateRatio is the largest ratio of data to its deflated form: a length code and a distance code of one bit each
// give 258 bytes. https://zlib.net/zlib_tech.html
const deflateRatio = 1032

// newArchive starts to read the array with this key from the .npz archive in r. An empty key means the only array.
func newArchive(r io.ReaderAt, size int64, name, key string) (*Reader, error) {
	z, err := openArchive(r, size)
	if err != nil && filekind.Of(name, []byte("PK\x03\x04")) == filekind.PyTorch {
		return nil, refused(name, "%s: want a .npy or .npz file; %s", filekind.PyTorch, Advice(filekind.PyTorch))
	}
	if err != nil {
		return nil, failed(name, whole.Cause(err))
	}
	if isPyTorch(z) {
		return nil, refused(name, "%s: want a .npy or .npz file; %s", filekind.PyTorch, Advice(filekind.PyTorch))
	}
	if len(zarrArrays(z)) > 0 {
		return newZarr(z, size, name, key)
	}
	entry, err := findEntry(z, key)
	if err != nil {
		return nil, failed(name, err)
	}
	name += ":" + entryKey(entry)
	if err := checkEntry(entry, size); err != nil {
		return nil, failed(name, err)
	}
	src, err := entry.Open()
	if err != nil {
		return nil, failed(name, whole.Cause(err))
	}
	reader, err := newStream(src, int64(entry.UncompressedSize64), name)
	if err != nil {
		src.Close()
		return nil, err
	}
	reader.closers, reader.part = []io.Closer{src}, fmt.Sprintf("%s %08x", entryKey(entry), entry.CRC32)
	return reader, nil
}

// findEntry finds the entry for key as NumPy does: the entry of that name, otherwise the one of that name with ".npy".
func findEntry(z *zip.Reader, key string) (*zip.File, error) {
	var exact, arrays []*zip.File
	for _, f := range z.File {
		switch {
		case key != "" && f.Name == key:
			exact = append(exact, f)
		case key == "" && strings.HasSuffix(f.Name, ".npy"), f.Name == key+".npy":
			arrays = append(arrays, f)
		}
	}
	if len(exact) > 0 {
		arrays = exact
	}
	switch {
	case len(arrays) == 1:
		return arrays[0], nil
	case key == "" && len(arrays) == 0:
		return nil, fmt.Errorf("the archive holds no array: want an entry NAME.npy")
	case key == "":
		return nil, fmt.Errorf("the archive holds %d arrays: want a key, as in archive.npz:key; the keys are %s",
			len(arrays), keys(z))
	case len(arrays) == 0:
		return nil, fmt.Errorf("the archive holds no array %s; the keys are %s", quote(key), keys(z))
	}
	return nil, fmt.Errorf("the archive holds %d entries %s: want one", len(arrays), quote(key))
}

// isPyTorch reports whether torch.save wrote an archive: then it has an entry data.pkl in a folder.
func isPyTorch(z *zip.Reader) bool {
	return slices.ContainsFunc(z.File, func(f *zip.File) bool { return strings.HasSuffix(f.Name, "/data.pkl") })
}

// Advice says how to make a .npy file from an array in a file of another program. kind is the file's kind as package
// filekind names it. Advice returns "" if it knows no way.
func Advice(kind string) string {
	switch {
	case strings.Contains(kind, "PyTorch"):
		return `save a tensor of it in Python: numpy.save("w.npy", torch.load(FILE)["conv.weight"].numpy())`
	case kind == filekind.Safetensors:
		return `save a tensor of it in Python: numpy.save("w.npy", safetensors.numpy.load_file(FILE)["conv.weight"])`
	case kind == filekind.MATLAB:
		return `save an array of it in Python: x = scipy.io.loadmat(FILE)["NAME"]; numpy.save("x.npy", x)`
	case kind == filekind.MATLAB73:
		return `save an array of it in Python, with its axes in reverse order: x = h5py.File(FILE)["NAME"][:].T; ` +
			`numpy.save("x.npy", x)`
	case kind == filekind.HDF5:
		return `save an array of it in Python: x = h5py.File(FILE)["NAME"][:]; numpy.save("x.npy", x)`
	}
	return ""
}

func entryKey(f *zip.File) string { return strings.TrimSuffix(f.Name, ".npy") }

// keys lists the keys of z. If there are many, it lists the first of them and counts the others.
func keys(z *zip.Reader) string {
	const most = 20
	var list []string
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, ".npy") {
			list = append(list, quote(entryKey(f)))
		}
	}
	more := ""
	if len(list) > most {
		more = " and " + strconv.Itoa(len(list)-most) + " more"
		list = list[:most]
	}
	return strings.Join(list, ", ") + more
}

// checkEntry compares the sizes that the archive declares for an entry with the size of the archive and with what
// compression can achieve. After that the sizes are safe bounds for allocating the array. If the data really has
// another size, archive/zip reports that when it is read.
func checkEntry(f *zip.File, archive int64) error {
	if f.Flags&1 != 0 {
		return fmt.Errorf("the entry is encrypted: want it plain")
	}
	start, err := f.DataOffset()
	if err != nil {
		return whole.Cause(err)
	}
	packed, size := f.CompressedSize64, f.UncompressedSize64
	switch {
	case start > archive || packed > uint64(archive-start):
		return fmt.Errorf("the entry has %d bytes from byte %d on: the archive ends after %d", packed, start, archive)
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return fmt.Errorf("the entry is compressed with zip method %d: want %d (stored) or %d (deflated)", f.Method,
			zip.Store, zip.Deflate)
	case f.Method == zip.Store && packed != size:
		return fmt.Errorf("the entry is stored and has %d bytes: want as many as the %d of its array", packed, size)
	case size/deflateRatio > packed:
		return fmt.Errorf("the entry claims to inflate %d bytes to %d: want at most %d times as many", packed, size,
			deflateRatio)
	}
	return nil
}
