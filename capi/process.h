/* What the functions of gpuconv.h need of the process that they run in. Each system has its file. */
#ifndef PROCESS_H
#define PROCESS_H

enum { MOST = 4096 }; /* bytes of the text of an error, with the 0 byte: mostError in exports.go */

/* Returns the last error of this thread, which Go functions write. It is never NULL. */
char *process_last(void);

/* Says if this is a fork of the process that loaded the library, and if so writes an error. */
int process_forked(void);

#endif
