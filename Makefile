# Everything starts here, and nothing is decided here: setup/ holds the logic, tests/suites.py the suites.
# RECORDER, CASE, PORT, SERVE, ONLY and VERBOSE travel in the environment, letter for letter:
# $(value) keeps a "$" in a path, and no shell reads them, so blanks, quotes and Chinese survive.
override RECORDER := $(value RECORDER)
override CASE := $(value CASE)
override PORT := $(value PORT)
override SERVE := $(value SERVE)
override ONLY := $(value ONLY)
override VERBOSE := $(value VERBOSE)
export RECORDER CASE PORT SERVE ONLY VERBOSE

.DEFAULT_GOAL := help
.PHONY: help setup run test check bench bench-peers fuzz test-faults clean

help: ## what there is / 有哪些命令
	@sed -n 's/^\([a-z-]*\): ## /  make \1\t/p' Makefile

setup: ## set up only; afterwards the command is .venv/bin/muniment / 只安装
	@sh setup/start.sh setup

run: ## [RECORDER=path] [CASE=number] [PORT=n] [SERVE=0]: dock, receipt, audit, review page / 接入、回执、核验、查看
	@sh setup/start.sh run

test: ## [ONLY=name] [VERBOSE=1]: every test, and what was not run / 全部测试
	@sh setup/start.sh test

check: ## lint, types, import rules, unit tests / 静态检查与单元测试
	@sh setup/start.sh check

bench: ## measure against the bare floor / 性能测量
	@sh setup/start.sh bench

bench-peers: ## the same beside other programs, and docs/performance.md / 与其他程序比较并更新文档
	@sh setup/start.sh bench-peers

test-faults: ## [ONLY=area] the fault laboratory, thousands of runs, and docs/reliability.md / 故障实验室
	@sh setup/start.sh test-faults

fuzz: ## many more random and spoilt inputs for every parser, until stopped or done / 模糊测试
	@sh setup/start.sh fuzz

clean: ## remove .venv, caches and build products; never var/ / 清理,从不动 var/
	@sh setup/clean.sh
