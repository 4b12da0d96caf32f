// Package bench measures how fast backends are, and what the machine could do.
package bench
