package main

import (
	"context"
	"fmt"

	"gpuconv/conv"
	"gpuconv/stimuli"

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
		Args:    flagsOnly,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := outputFile(output).check(); err != nil {
				return err
			}
			tutorial3, err := preset.tutorial3()
			if err != nil {
				return err
			}
			sweep, err := stimulus.sweep(tutorial3)
			if err != nil {
				return err
			}
			if err := writeStimuli(cmd.Context(), outputFile(output), sweep); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "wrote %s %v\n", printable(output), sweep.Shape())
			return nil
		},
	}
	preset.register(cmd.Flags())
	stimulus.register(cmd.Flags())
	cmd.Flags().StringVar(&output, "output", "", "the .npy file to write")
	return cmd
}

// drawBytes bounds the images that are in memory at once.
const drawBytes = 16 << 20

// writeStimuli draws all images into a file, some at a time.
func writeStimuli(ctx context.Context, file outputFile, images stimuli.Set) error {
	all := images.Shape()
	if err := checkDisk(fmt.Sprintf("%d images of %d×%d", all.N(), all.H(), all.W()), string(file), bytesOf(all)); err != nil {
		return err
	}
	image := bytesOf(all.Image())
	if err := checkMemory(fmt.Sprintf("an image of %d×%d", all.H(), all.W()), image); err != nil {
		return err
	}
	chunk, err := conv.NewTensor(all.WithN(max(1, min(all.N(), int(drawBytes/image)))))
	if err != nil {
		return err
	}
	return file.fill(ctx, all[:], func(write writer) error {
		for first := 0; first < all.N(); first += chunk.Shape.N() {
			part := chunk.Images(0, min(chunk.Shape.N(), all.N()-first))
			if err := await(ctx, func() error { return images.Draw(part, first) }); err != nil {
				return err
			}
			if err := write(part.Data); err != nil {
				return err
			}
		}
		return nil
	})
}
