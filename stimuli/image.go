package stimuli

import (
	"image"
	"image/color"
	_ "image/jpeg" // the formats that ReadImage knows
	_ "image/png"
	"io"
	"os"

	"gpuconv/conv"
	"gpuconv/fault"
)

// maxPixels bounds an image file at 1 GiB of float32.
const maxPixels = 1 << 28

// ReadImage reads a PNG or JPEG file as one grey image [1, 1, H, W] with pixels from 0 (black) to 1 (white). A pixel is
// 0.299 R + 0.587 G + 0.114 B, the luma of ITU-R BT.601, of the values as they are stored, without gamma. Transparent
// pixels lie on black. ReadImage refuses other files, and images of more than 2²⁸ pixels.
func ReadImage(path string) (*conv.Tensor, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, &fault.Error{Package: "stimuli", Err: err}
	}
	defer file.Close()
	if _, _, err := checkImage(file, path); err != nil {
		return nil, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, &fault.Error{Package: "stimuli", Err: err}
	}
	decoded, _, err := image.Decode(file)
	if err != nil {
		return nil, &fault.Error{Package: "stimuli", Argument: path, Err: err}
	}
	return grey(decoded)
}

// imageSize reads the header of an image file.
func imageSize(path string) (rows, columns int, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, 0, &fault.Error{Package: "stimuli", Err: err}
	}
	defer file.Close()
	return checkImage(file, path)
}

func checkImage(file io.Reader, path string) (rows, columns int, err error) {
	config, _, err := image.DecodeConfig(file)
	if err != nil {
		return 0, 0, &fault.Error{Package: "stimuli", Argument: path, Rule: "want a PNG or JPEG image", Err: err}
	}
	if n, err := conv.Product(config.Width, config.Height); err != nil || n > maxPixels {
		return 0, 0, fault.New("stimuli", path, "", "%d×%d pixels: want at most %d", config.Height, config.Width,
			maxPixels)
	}
	return config.Height, config.Width, nil
}

func grey(decoded image.Image) (*conv.Tensor, error) {
	bounds := decoded.Bounds()
	made, err := conv.NewTensor(conv.Shape{1, 1, bounds.Dy(), bounds.Dx()})
	if err != nil {
		return nil, err
	}
	for i := range made.Data {
		made.Data[i] = luma(decoded.At(bounds.Min.X+i%bounds.Dx(), bounds.Min.Y+i/bounds.Dx()))
	}
	return made, nil
}

func luma(c color.Color) float32 {
	r, g, b, _ := c.RGBA() // 16 bits each
	return float32((299*float64(r) + 587*float64(g) + 114*float64(b)) / (1000 * 0xffff))
}
