/* A disk that fails as it is told, between a program and the kernel: LD_PRELOAD.

   What is to fail is in a file that FAULT_PAGE names and that all processes of a run map; the layout below is read
   and written by machine.py too. Only files below `root` are touched. Calls of one kind whose path (relative to root)
   agrees with `pattern` are counted, and the `nth` and `times - 1` after it fail, in one of six ways:

   FAIL   nothing is done                       AFTER  it is done, and an error is answered
   HALF   half of a read or write, no error     TORN   half of a write, then an error
   LOST   a sync that fails as Linux's does: the pages count as clean from here on, later syncs say that all is well,
          and memory shows bytes that the medium does not have
   NONE   only counted

   What was written since the last sync of its file is noted; LOST moves that to the lost, which read as zeros as soon
   as somebody asks for the medium (POSIX_FADV_DONTNEED), or at machine.py's word when the power goes. Written again,
   it is lost no more. Not seen: stores into mapped pages, and what the C library's own stdio does. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/uio.h>
#include <unistd.h>

enum { NONE, FAIL, AFTER, HALF, TORN, LOST };
enum { EXTENTS = 8192 };

typedef struct {
    unsigned long dev, ino;
    long start, end;
    int lost;
} Extent;

typedef struct {
    int whole, lock;
    int armed, mode, nth, times, error, count;
    int fired, tracing;
    int extents, overflow;
    char kind[16], pattern[512], root[512];
    char fired_call[32], fired_path[512], trace[512];
    Extent extent[EXTENTS];
} Page;

static Page *page;

__attribute__((constructor)) static void begin(void) {
    const char *name = getenv("FAULT_PAGE");
    if (!name) return;
    long fd = syscall(SYS_openat, AT_FDCWD, name, O_RDWR | O_CLOEXEC, 0);
    if (fd < 0) return;
    void *at = mmap(NULL, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, (int)fd, 0);
    syscall(SYS_close, fd);
    if (at == MAP_FAILED) return;
    page = at;
}

/* Where a call goes */

static const char *below(const char *path) {
    size_t n = strlen(page->root);
    if (n == 0 || strncmp(path, page->root, n)) return NULL;
    if (path[n] == 0) return ".";
    return path[n] == '/' ? path + n + 1 : NULL;
}

static int of_fd(int fd, char *out) {
    char name[64];
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    long n = syscall(SYS_readlinkat, AT_FDCWD, name, out, PATH_MAX - 1);
    if (n < 0) return 0;
    out[n] = 0;
    return 1;
}

static int of_path(int dir, const char *path, char *out) {
    if (!path) return 0;
    if (path[0] == '/') {
        snprintf(out, PATH_MAX, "%s", path);
        return 1;
    }
    char base[PATH_MAX];
    if (dir == AT_FDCWD) {
        if (syscall(SYS_getcwd, base, sizeof base) < 0) return 0;
    } else if (!of_fd(dir, base)) {
        return 0;
    }
    if (path[0] == 0) snprintf(out, PATH_MAX, "%s", base);
    else if (snprintf(out, PATH_MAX, "%s/%s", base, path) >= PATH_MAX) return 0;
    return 1;
}

/* What is to happen to a call */

static void trace(const char *kind, const char *relative) {
    char line[PATH_MAX + 32];
    int n = snprintf(line, sizeof line, "%s\t%s\n", kind, relative);
    long fd = syscall(SYS_openat, AT_FDCWD, page->trace, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return;
    syscall(SYS_write, fd, line, (size_t)n);
    syscall(SYS_close, fd);
}

static int decide(const char *kind, const char *call, const char *path) {
    const char *relative = below(path);
    if (!relative) return NONE;
    if (page->tracing) trace(kind, relative);
    if (!page->armed) return NONE;
    if (strcmp(page->kind, "any")) {
        if (!strcmp(page->kind, "change")) {
            if (!strcmp(kind, "read") || !strcmp(kind, "open") || !strcmp(kind, "stat") || !strcmp(kind, "list") ||
                !strcmp(kind, "close"))
                return NONE;
        } else if (strcmp(page->kind, kind)) {
            return NONE;
        }
    }
    if (fnmatch(page->pattern, relative, 0)) return NONE;
    int n = __atomic_add_fetch(&page->count, 1, __ATOMIC_SEQ_CST);
    if (n < page->nth || n >= page->nth + page->times) return NONE;
    if (!__atomic_fetch_add(&page->fired, 1, __ATOMIC_SEQ_CST)) {
        snprintf(page->fired_call, sizeof page->fired_call, "%s", call);
        snprintf(page->fired_path, sizeof page->fired_path, "%s", relative);
    }
    return page->mode;
}

static int at_fd(const char *kind, const char *call, int fd) {
    char path[PATH_MAX];
    if (!page || (!page->armed && !page->tracing) || !of_fd(fd, path)) return NONE;
    return decide(kind, call, path);
}

static int at_path(const char *kind, const char *call, int dir, const char *given) {
    char path[PATH_MAX];
    if (!page || (!page->armed && !page->tracing) || !of_path(dir, given, path)) return NONE;
    return decide(kind, call, path);
}

static long refuse(void) {
    errno = page->error;
    return -1;
}

#define WHOLE(MODE, CALL)                                 \
    do {                                                  \
        int mode_ = (MODE);                               \
        if (mode_ == NONE || mode_ == HALF) return (CALL); \
        if (mode_ == AFTER) {                             \
            long done_ = (CALL);                          \
            if (done_ < 0) return done_;                  \
        }                                                 \
        return refuse();                                  \
    } while (0)

/* What is on the medium */

static void hold(void) {
    while (__atomic_exchange_n(&page->lock, 1, __ATOMIC_ACQUIRE)) syscall(SYS_sched_yield);
}

static void let_go(void) { __atomic_store_n(&page->lock, 0, __ATOMIC_RELEASE); }

static int ours(int fd, struct stat *st) {
    char path[PATH_MAX];
    if (!page || !page->root[0] || !of_fd(fd, path) || !below(path)) return 0;
    return syscall(SYS_newfstatat, fd, "", st, AT_EMPTY_PATH) == 0 && S_ISREG(st->st_mode);
}

static void drop(int n) { page->extent[n] = page->extent[--page->extents]; }

static void add(Extent one) {
    if (one.start >= one.end) return;
    if (page->extents >= EXTENTS) page->overflow = 1;
    else page->extent[page->extents++] = one;
}

static void written(int fd, long start, long length) {
    struct stat st;
    if (length <= 0 || !ours(fd, &st)) return;
    long end = start + length;
    hold();
    int joined = 0;
    for (int n = page->extents - 1; n >= 0; n--) {
        Extent e = page->extent[n];
        if (e.dev != st.st_dev || e.ino != st.st_ino) continue;
        if (e.lost) {
            if (e.start < end && start < e.end) {
                drop(n);
                Extent left = e, right = e;
                left.end = start;
                right.start = end;
                if (left.start < left.end) add(left);
                if (right.start < right.end) add(right);
            }
        } else if (!joined && e.start <= end && start <= e.end) {
            if (start < e.start) page->extent[n].start = start;
            if (end > e.end) page->extent[n].end = end;
            joined = 1;
        }
    }
    if (!joined) add((Extent){st.st_dev, st.st_ino, start, end, 0});
    let_go();
}

/* All of a file's extents, or all there are: synced, or lost. */
static void settled(const struct stat *st, int lost) {
    hold();
    for (int n = page->extents - 1; n >= 0; n--) {
        Extent *e = &page->extent[n];
        if (st && (e->dev != st->st_dev || e->ino != st->st_ino)) continue;
        if (e->lost) continue;
        if (lost) e->lost = 1;
        else drop(n);
    }
    let_go();
}

static void forget(int fd, long from) {
    struct stat st;
    if (!ours(fd, &st)) return;
    hold();
    for (int n = page->extents - 1; n >= 0; n--) {
        Extent *e = &page->extent[n];
        if (e->dev != st.st_dev || e->ino != st.st_ino) continue;
        if (e->start >= from) drop(n);
        else if (e->end > from) e->end = from;
    }
    let_go();
}

static void from_medium(int fd) {
    static const char zeros[4096];
    struct stat st;
    if (!ours(fd, &st) || !page->extents) return;
    char name[64];
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    hold();
    for (int n = page->extents - 1; n >= 0; n--) {
        Extent e = page->extent[n];
        if (!e.lost || e.dev != st.st_dev || e.ino != st.st_ino) continue;
        long to = syscall(SYS_openat, AT_FDCWD, name, O_WRONLY | O_CLOEXEC, 0);
        long end = e.end < st.st_size ? e.end : st.st_size;
        for (long at = e.start; to >= 0 && at < end;) {
            long size = end - at < (long)sizeof zeros ? end - at : (long)sizeof zeros;
            if (syscall(SYS_pwrite64, to, zeros, size, at) <= 0) break;
            at += size;
        }
        if (to >= 0) syscall(SYS_close, to);
        drop(n);
    }
    let_go();
}

/* Reading and writing */

static ssize_t moved(int mode, ssize_t (*call)(int, void *, size_t, long), int fd, void *data, size_t size, long at) {
    if (mode == NONE) return call(fd, data, size, at);
    if (mode == FAIL || mode == LOST) return refuse();
    if (mode == AFTER) {
        ssize_t done = call(fd, data, size, at);
        return done < 0 ? done : refuse();
    }
    size_t half = size > 1 ? size / 2 : size;
    if (half >= 4096) half -= half % 4096; /* direct writes are of whole blocks */
    ssize_t done = call(fd, data, half, at);
    return mode == HALF || done < 0 ? done : refuse();
}

static ssize_t do_read(int fd, void *data, size_t size, long at) { return at < 0 ? syscall(SYS_read, fd, data, size) : syscall(SYS_pread64, fd, data, size, at); }

static ssize_t do_write(int fd, void *data, size_t size, long at) {
    ssize_t done = at < 0 ? syscall(SYS_write, fd, data, size) : syscall(SYS_pwrite64, fd, data, size, at);
    int saved = errno;
    if (done > 0 && page && page->root[0]) {
        long start = at >= 0 ? at : syscall(SYS_lseek, fd, 0, SEEK_CUR) - done;
        written(fd, start, done);
    }
    errno = saved;
    return done;
}

ssize_t read(int fd, void *data, size_t size) { return moved(at_fd("read", "read", fd), do_read, fd, data, size, -1); }
ssize_t pread64(int fd, void *data, size_t size, off64_t at) { return moved(at_fd("read", "pread", fd), do_read, fd, data, size, at); }
ssize_t pread(int fd, void *data, size_t size, off_t at) { return pread64(fd, data, size, at); }
ssize_t write(int fd, const void *data, size_t size) { return moved(at_fd("write", "write", fd), do_write, fd, (void *)data, size, -1); }
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) { return moved(at_fd("write", "pwrite", fd), do_write, fd, (void *)data, size, at); }
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { return pwrite64(fd, data, size, at); }

ssize_t readv(int fd, const struct iovec *parts, int count) {
    int mode = at_fd("read", "readv", fd);
    if (mode == HALF && count > 0) return do_read(fd, parts[0].iov_base, (parts[0].iov_len + 1) / 2, -1);
    WHOLE(mode, syscall(SYS_readv, fd, parts, count));
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    int mode = at_fd("write", "writev", fd);
    if (mode == TORN || mode == HALF) return moved(mode, do_write, fd, parts[0].iov_base, parts[0].iov_len, -1);
    if (mode == FAIL || mode == LOST) return refuse();
    ssize_t all = 0;
    for (int n = 0; n < count; n++) {
        ssize_t done = do_write(fd, parts[n].iov_base, parts[n].iov_len, -1);
        if (done < 0) return all ? all : done;
        all += done;
        if ((size_t)done < parts[n].iov_len) break;
    }
    return mode == AFTER ? refuse() : all;
}

ssize_t sendfile64(int out, int in, off64_t *at, size_t size) {
    int mode = at_fd("read", "sendfile", in);
    if (mode == NONE) mode = at_fd("write", "sendfile", out);
    if (mode == HALF && size > 1) size = 4096;
    if (mode != NONE && mode != HALF) return refuse();
    ssize_t done = syscall(SYS_sendfile, out, in, at, size);
    int saved = errno;
    if (done > 0) written(out, syscall(SYS_lseek, out, 0, SEEK_CUR) - done, done);
    errno = saved;
    return done;
}
ssize_t sendfile(int out, int in, off_t *at, size_t size) { return sendfile64(out, in, at, size); }

/* Syncing */

static int synced(int fd, const char *call, long number) {
    int mode = at_fd("sync", call, fd);
    struct stat st;
    int whole = number == SYS_syncfs;
    int known = whole ? page && page->root[0] : ours(fd, &st);
    if (mode == LOST) {
        if (known) settled(whole ? NULL : &st, 1);
        return (int)refuse();
    }
    if (mode == FAIL || mode == TORN) return (int)refuse();
    int done = (int)syscall(number, fd);
    int saved = errno;
    if (!done && known) settled(whole ? NULL : &st, 0);
    errno = saved;
    return mode == AFTER && !done ? (int)refuse() : done;
}

int fsync(int fd) { return synced(fd, "fsync", SYS_fsync); }
int fdatasync(int fd) { return synced(fd, "fdatasync", SYS_fdatasync); }
int syncfs(int fd) { return synced(fd, "syncfs", SYS_syncfs); }
int sync_file_range(int fd, off64_t at, off64_t size, unsigned flags) { WHOLE(at_fd("range", "sync_file_range", fd), (int)syscall(SYS_sync_file_range, fd, at, size, flags)); }

int posix_fadvise64(int fd, off64_t at, off64_t size, int advice) {
    if (advice == POSIX_FADV_DONTNEED) from_medium(fd);
    return syscall(SYS_fadvise64, fd, at, size, advice) < 0 ? errno : 0;
}
int posix_fadvise(int fd, off_t at, off_t size, int advice) { return posix_fadvise64(fd, at, size, advice); }

/* Memory file systems take syncfs for done; the product believes disks only, and so both of its ways are tried. */
int fstatfs(int fd, struct statfs *out) {
    int done = (int)syscall(SYS_fstatfs, fd, out);
    if (!done && page && page->whole) out->f_type = 0xEF53; /* ext4 */
    return done;
}
int fstatfs64(int fd, struct statfs64 *out) { return fstatfs(fd, (struct statfs *)out); }

/* Opening and closing */

static int opened(int dir, const char *path, int flags, mode_t mode) {
    int makes = flags & O_CREAT, fault = at_path(makes ? "create" : "open", makes ? "open(O_CREAT)" : "open", dir, path);
    if (fault != NONE && fault != AFTER && fault != HALF) return (int)refuse();
    int fd = (int)syscall(SYS_openat, dir, path, flags, mode), saved = errno;
    if (fault == AFTER && fd >= 0) {
        syscall(SYS_close, fd);
        return (int)refuse();
    }
    /* A new file may have the number of one that went. */
    if (fd >= 0 && ((makes && (flags & O_EXCL)) || (flags & O_TRUNC))) forget(fd, 0);
    errno = saved;
    return fd;
}

static mode_t mode_of(int flags, va_list list) { return flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0; }

#define OPEN(NAME)                                \
    int NAME(const char *path, int flags, ...) {  \
        va_list list;                             \
        va_start(list, flags);                    \
        mode_t mode = mode_of(flags, list);       \
        va_end(list);                             \
        return opened(AT_FDCWD, path, flags, mode); \
    }
#define OPENAT(NAME)                                      \
    int NAME(int dir, const char *path, int flags, ...) { \
        va_list list;                                     \
        va_start(list, flags);                            \
        mode_t mode = mode_of(flags, list);               \
        va_end(list);                                     \
        return opened(dir, path, flags, mode);            \
    }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

int close(int fd) {
    int mode = at_fd("close", "close", fd);
    int done = (int)syscall(SYS_close, fd); /* Linux has let go of it whatever it answers */
    return mode == NONE || mode == HALF ? done : (int)refuse();
}

DIR *opendir(const char *path) {
    static DIR *(*next)(const char *);
    if (!next) next = (DIR * (*)(const char *)) dlsym(RTLD_NEXT, "opendir");
    int mode = at_path("list", "opendir", AT_FDCWD, path);
    if (mode == NONE || mode == HALF) return next(path);
    refuse();
    return NULL;
}
DIR *fdopendir(int fd) {
    static DIR *(*next)(int);
    if (!next) next = (DIR * (*)(int)) dlsym(RTLD_NEXT, "fdopendir");
    int mode = at_fd("list", "fdopendir", fd);
    if (mode == NONE || mode == HALF) return next(fd);
    refuse();
    return NULL;
}

/* Names */

int link(const char *from, const char *to) { WHOLE(at_path("link", "link", AT_FDCWD, to), (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0)); }
int linkat(int a, const char *from, int b, const char *to, int flags) { WHOLE(at_path("link", "linkat", b, to), (int)syscall(SYS_linkat, a, from, b, to, flags)); }
int rename(const char *from, const char *to) { WHOLE(at_path("rename", "rename", AT_FDCWD, to), (int)syscall(SYS_rename, from, to)); }
int renameat(int a, const char *from, int b, const char *to) { WHOLE(at_path("rename", "renameat", b, to), (int)syscall(SYS_renameat, a, from, b, to)); }
int unlink(const char *path) { WHOLE(at_path("unlink", "unlink", AT_FDCWD, path), (int)syscall(SYS_unlink, path)); }
int unlinkat(int dir, const char *path, int flags) { WHOLE(at_path(flags & AT_REMOVEDIR ? "rmdir" : "unlink", "unlinkat", dir, path), (int)syscall(SYS_unlinkat, dir, path, flags)); }
int rmdir(const char *path) { WHOLE(at_path("rmdir", "rmdir", AT_FDCWD, path), (int)syscall(SYS_rmdir, path)); }
int mkdir(const char *path, mode_t mode) { WHOLE(at_path("mkdir", "mkdir", AT_FDCWD, path), (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode)); }
int mkdirat(int dir, const char *path, mode_t mode) { WHOLE(at_path("mkdir", "mkdirat", dir, path), (int)syscall(SYS_mkdirat, dir, path, mode)); }

/* Sizes and rights */

static int cut(int fd, long size) {
    int done = (int)syscall(SYS_ftruncate, fd, size), saved = errno;
    if (!done) forget(fd, size);
    errno = saved;
    return done;
}
int ftruncate64(int fd, off64_t size) { WHOLE(at_fd("truncate", "ftruncate", fd), cut(fd, size)); }
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }
int posix_fallocate64(int fd, off64_t at, off64_t size) {
    int mode = at_fd("fallocate", "posix_fallocate", fd);
    if (mode == FAIL || mode == TORN || mode == LOST) return page->error;
    int done = syscall(SYS_fallocate, fd, 0, at, size) < 0 ? errno : 0;
    return mode == AFTER && !done ? page->error : done;
}
int posix_fallocate(int fd, off_t at, off_t size) { return posix_fallocate64(fd, at, size); }
int fallocate64(int fd, int how, off64_t at, off64_t size) { WHOLE(at_fd("fallocate", "fallocate", fd), (int)syscall(SYS_fallocate, fd, how, at, size)); }
int fallocate(int fd, int how, off_t at, off_t size) { return fallocate64(fd, how, at, size); }
int chmod(const char *path, mode_t mode) { WHOLE(at_path("chmod", "chmod", AT_FDCWD, path), (int)syscall(SYS_fchmodat, AT_FDCWD, path, mode)); }
int fchmod(int fd, mode_t mode) { WHOLE(at_fd("chmod", "fchmod", fd), (int)syscall(SYS_fchmod, fd, mode)); }

/* Asking */

#define STAT(NAME, KIND) \
    int NAME(const char *path, KIND *st) { WHOLE(at_path("stat", "stat", AT_FDCWD, path), (int)syscall(SYS_newfstatat, AT_FDCWD, path, st, 0)); }
#define LSTAT(NAME, KIND) \
    int NAME(const char *path, KIND *st) { WHOLE(at_path("stat", "lstat", AT_FDCWD, path), (int)syscall(SYS_newfstatat, AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW)); }
#define FSTAT(NAME, KIND) \
    int NAME(int fd, KIND *st) { WHOLE(at_fd("stat", "fstat", fd), (int)syscall(SYS_newfstatat, fd, "", st, AT_EMPTY_PATH)); }
#define FSTATAT(NAME, KIND) \
    int NAME(int dir, const char *path, KIND *st, int flags) { WHOLE(at_path("stat", "fstatat", dir, path), (int)syscall(SYS_newfstatat, dir, path, st, flags)); }
STAT(stat, struct stat)
STAT(stat64, struct stat64)
LSTAT(lstat, struct stat)
LSTAT(lstat64, struct stat64)
FSTAT(fstat, struct stat)
FSTAT(fstat64, struct stat64)
FSTATAT(fstatat, struct stat)
FSTATAT(fstatat64, struct stat64)
