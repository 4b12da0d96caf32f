package simd

//go:generate go run -C asm . -dir ..
