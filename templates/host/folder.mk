# Paths below begin with the folder of this file. Where make or a shell would take its name apart, or a compiler take it
# for an option, there is no such path; within the folder there need be none.
AG_PROGRAM.dir := $(patsubst ./%,%,$(dir $(lastword $(value MAKEFILE_LIST))))
AG_PROGRAM.hash := \#
AG_PROGRAM.open := (
AG_PROGRAM.close := )
AG_PROGRAM.odd := ! " $$ % & ' * : ; < = > ? [ \ ] ^ ` { | } ~ $(AG_PROGRAM.hash) $(AG_PROGRAM.open) $(AG_PROGRAM.close)
AG_PROGRAM.odd := $(foreach c,$(AG_PROGRAM.odd),$(findstring $c,$(AG_PROGRAM.dir)))$(filter -% @%,$(AG_PROGRAM.dir))
ifeq ($(strip $(AG_PROGRAM.odd)),)
AG_PROGRAM.odd := $(if $(wildcard $(AG_PROGRAM.dir)AG_PROGRAM.mk),,spaces)
endif
ifneq ($(strip $(AG_PROGRAM.odd)),)
$(error AG_PROGRAM.mk lies in a folder whose name has more than letters, digits and . / _ - + , @: move it, or begin in it: make -C FOLDER -f AG_PROGRAM.mk)
endif
