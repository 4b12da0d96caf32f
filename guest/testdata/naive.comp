#version 430 core
layout(local_size_x = LOCAL) in;

layout(std430, binding = 0) readonly buffer Src { float src[]; };
layout(std430, binding = 1) readonly buffer Weight { float weight[]; };
layout(std430, binding = 2) readonly buffer Bias { float bias[]; };
layout(std430, binding = 3) writeonly buffer Dst { float dst[]; };

uniform int images, channels, filters;
uniform ivec2 src_size, kernel, dst_size, stride, dilation, padding;
uniform bool relu;

void main() {
	int at = int(gl_GlobalInvocationID.x);
	if (at >= images * filters * dst_size.x * dst_size.y) {
		return;
	}
	int column = at % dst_size.y;
	int row = at / dst_size.y % dst_size.x;
	int filt = at / (dst_size.x * dst_size.y) % filters;
	int image = at / (dst_size.x * dst_size.y * filters);
	float sum = bias[filt];
	for (int c = 0; c < channels; c++) {
		for (int u = 0; u < kernel.x; u++) {
			for (int v = 0; v < kernel.y; v++) {
				ivec2 from = ivec2(row, column) * stride + ivec2(u, v) * dilation - padding;
				if (from.x >= 0 && from.x < src_size.x && from.y >= 0 && from.y < src_size.y) {
					sum += src[((image * channels + c) * src_size.x + from.x) * src_size.y + from.y]
						* weight[((filt * channels + c) * kernel.x + u) * kernel.y + v];
				}
			}
		}
	}
	dst[at] = relu ? max(sum, 0.0) : sum;
}
