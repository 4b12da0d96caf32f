package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"gpuconv/conv"
	"gpuconv/npy"

	"github.com/spf13/cobra"
)

func newStimuli() *cobra.Command {
	var preset presetFlag
	var stimulus stimulusFlags
	var output string
	cmd := &cobra.Command{
		Use:     "stimuli --output FILE.npy",
		Short:   "Write stimuli as a float32 array [N, 1, H, W]",
		Example: "  gpuconv stimuli --preset nma --orientations -90:90:6 --output gratings.npy",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			tutorial3, err := preset.tutorial3()
			if err != nil {
				return err
			}
			sweep, err := stimulus.sweep(tutorial3)
			if err != nil {
				return err
			}
			if err := writeStimuli(cmd.Context(), output, sweep); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "wrote %s %v\n", output, sweep.Shape())
			return nil
		},
	}
	preset.register(cmd.Flags())
	stimulus.register(cmd.Flags())
	cmd.Flags().StringVar(&output, "output", "", "the .npy file to write")
	return cmd
}

// source is a set of images that are drawn when they are needed.
type source interface {
	Shape() conv.Shape
	Draw(dst *conv.Tensor, first int) error
}

// drawBytes bounds the images that are in memory at once.
const drawBytes = 16 << 20

// writeStimuli draws all images into a file, some at a time.
func writeStimuli(ctx context.Context, path string, images source) error {
	all := images.Shape()
	if err := checkDisk(fmt.Sprintf("%d images of %d×%d", all.N(), all.H(), all.W()), path, bytesOf(all)); err != nil {
		return err
	}
	chunk, err := chunkOf(all, drawBytes)
	if err != nil {
		return err
	}
	return writeFile(path, all[:], func(w *npy.Writer) error {
		for first := 0; first < all.N(); first += chunk.Shape.N() {
			if err := ctx.Err(); err != nil {
				return err
			}
			part := chunk.Images(0, min(chunk.Shape.N(), all.N()-first))
			if err := images.Draw(part, first); err != nil {
				return err
			}
			if err := w.Write(part.Data); err != nil {
				return err
			}
		}
		return nil
	})
}

// bytesOf returns the size of a float32 array, which int may not hold.
func bytesOf(shape conv.Shape) float64 {
	return 4 * float64(shape[0]) * float64(shape[1]) * float64(shape[2]) * float64(shape[3])
}

// chunkOf returns a tensor of as many images of a shape as fit into most bytes,
// at least one and at most all. It refuses images that memory cannot hold.
func chunkOf(all conv.Shape, most float64) (*conv.Tensor, error) {
	image := bytesOf(all.Image())
	if err := checkMemory(fmt.Sprintf("an image of %d×%d", all.H(), all.W()), image); err != nil {
		return nil, err
	}
	return conv.NewTensor(all.WithN(max(1, min(all.N(), int(most/image)))))
}

// writeFile writes a .npy file whole or not at all, with its missing folders.
func writeFile(path string, shape []int, write func(*npy.Writer) error) error {
	if path == "" {
		return usage(errors.New("--output: want the .npy file to write"))
	}
	made, err := makeFolders(filepath.Dir(path))
	if err != nil {
		return err
	}
	if err := fillFile(path, shape, write); err != nil {
		removeFolders(made)
		return fmt.Errorf("--output %s: %w", path, err)
	}
	return nil
}

func fillFile(path string, shape []int, write func(*npy.Writer) error) error {
	w, err := npy.Create(path, shape...)
	if err != nil {
		return err
	}
	defer w.Abort() // after Close it does nothing
	if err := write(w); err != nil {
		return err
	}
	return w.Close()
}
