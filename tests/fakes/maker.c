/* A stand-in for a maker's library: behaves as the published headers say, or misbehaves as a -D asks.
   It notes its calls in the file $HOME/calls, so that a test can see what was asked of it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef RESULT
#define RESULT int
#endif
#ifndef SPARE
#define SPARE 1
#endif

#pragma pack(push, 1)
typedef struct {
    char serial[7 + SPARE], user[6 + SPARE], user_name[32 + SPARE], unit[12 + SPARE], unit_name[32 + SPARE];
} ZFY_INFO;
#pragma pack(pop)

enum { OK = 1, FAILED, PWD_OK, PWD_BAD, TIME_OK, TIME_BAD, MSDC_OK, MSDC_BAD };

static void note(const char *what, const char *more) {
    char path[4096];
    snprintf(path, sizeof path, "%s/calls", getenv("HOME"));
    FILE *file = fopen(path, "a");
    if (file) {
        fprintf(file, "%s %s\n", what, more);
        fclose(file);
    }
    printf("the library talks: %s\n", what);
    fflush(stdout);
}

static char *at(const char *name, char *path) {
    snprintf(path, 4096, "%s/%s", getenv("HOME"), name);
    return path;
}

static int allowed(const char *password, RESULT *result) {
#ifdef SECRET
    if (strcmp(password, SECRET) != 0) {
        *result = PWD_BAD;
        return 0;
    }
#else
    (void)password;
#endif
    *result = OK;
    return 1;
}

int Init_Device(char *id, RESULT *result) {
    char path[4096];
    note("Init_Device", "");
#ifdef NOBODY
    *result = FAILED;
    return 0;
#endif
#ifdef SWITCHES
    /* The recorder is there in its maker's mode while $HOME/waiting is, which becomes $HOME/switched. */
    if (access(at("waiting", path), F_OK) != 0) {
        *result = FAILED;
        return 0;
    }
#endif
    FILE *status = fopen("/proc/self/status", "r");
    char line[256];
    while (status && fgets(line, sizeof line, status))
        if (strncmp(line, "CapEff", 6) == 0)
            note("rights", strtok(line + 7, " \t\n"));
    strcpy(id, "HA");
    *result = OK;
    return 1;
}

void UnInit_Device(RESULT *result) {
    note("UnInit_Device", "");
#ifdef HANGS_AT_THE_END
    for (;;)
        pause();
#endif
    *result = OK;
}

int GetIDCode(char *id, RESULT *result) {
    note("GetIDCode", "");
    strcpy(id, "HA-H6\033[31m");
    *result = OK;
    return 1;
}

int GetZFYInfo(ZFY_INFO *info, char *password, RESULT *result) {
    note("GetZFYInfo", "");
#ifdef HANGS
    for (;;)
        pause();
#endif
#ifdef CRASHES
    raise(SIGSEGV);
#endif
#ifdef LEAVES
    exit(0);
#endif
#ifdef TALKS
    for (;;)
        write(1, "................................................................", 64);
#endif
    if (!allowed(password, result))
        return 0;
#ifdef NO_NUL
    memset(info, 'x', sizeof *info);
#else
    memcpy(info->serial, "A123456", 7);
    memcpy(info->user, "012345", 6);
    strcpy(info->user_name, "\xd5\xc5\xc8\xfd");                 /* GBK */
    strcpy(info->unit, "330100000001");
    strcpy(info->unit_name, "\xd2\xbb\xd6\xd0\xb6\xd3");
#endif
#ifdef LONGER
    memset((char *)info + sizeof *info, 'y', 40);
#endif
    return 1;
}

int WriteZFYInfo(ZFY_INFO *info, char *password, RESULT *result) {
    if (!allowed(password, result))
        return 0;
    note("WriteZFYInfo", info->serial);
    note("user", info->user);
    return 1;
}

int SyncDevTime(char *password, RESULT *result) {
    note("SyncDevTime", "");
    if (!allowed(password, result))
        return 0;
    *result = TIME_OK;
#ifdef CLOCK_FAILS
    *result = TIME_BAD;
    return 0;
#endif
    return 1;
}

int SetMSDC(char *password, RESULT *result) {
    note("SetMSDC", "");
    if (!allowed(password, result))
        return 0;
#ifdef SAYS_NOTHING
    *result = 0;
    return 1;
#endif
#ifdef UNKNOWN_CODE
    *result = 99;
    return 1;
#endif
#ifdef SWITCHES
    char from[4096], to[4096];
    if (rename(at("waiting", from), at("switched", to)) != 0) {
        *result = MSDC_BAD;
        return 0;
    }
#endif
    *result = MSDC_OK;
    return 1;
}

int ReadDeviceResolution(int *width, int *height, char *password, RESULT *result) {
    *width = 1920;
    *height = 1080;
    return allowed(password, result);
}

#ifndef NO_BATTERY
int ReadDeviceBatteryDumpEnergy(int *battery, char *password, RESULT *result) {
    *battery = 87;
#ifdef LIES
    *battery = -5;
#endif
    return allowed(password, result);
}
#endif
