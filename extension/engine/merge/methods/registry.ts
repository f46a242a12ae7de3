import type { MergeMethodInfo } from '../../../protocol/recipes.ts';
import { nearest } from '../../../shared/nearest.ts';
import { UserError } from '../../../shared/errors.ts';
import type { MergeMethod } from './method.ts';
import { arceeFusion } from './arceeFusion.ts';
import { isoC } from './isoC.ts';
import { linear, taskArithmetic } from './linear.ts';
import { nearswap } from './nearswap.ts';
import { pcb } from './pcb.ts';
import { sce } from './sce.ts';
import * as selective from './selective.ts';
import * as spherical from './spherical.ts';
import { tsvM } from './tsvM.ts';

/** Every merge method; help texts, pickers, pages and docs are made from it. */
export const METHODS: readonly MergeMethod[] = [
  linear,
  taskArithmetic,
  selective.ties,
  selective.magmax,
  selective.breadcrumbs,
  selective.consensusTa,
  selective.emr,
  selective.dareLinear,
  selective.dareTies,
  selective.dellaLinear,
  selective.della,
  pcb,
  sce,
  spherical.modelStock,
  spherical.slerp,
  spherical.nuslerp,
  spherical.multislerp,
  spherical.karcher,
  nearswap,
  arceeFusion,
  tsvM,
  isoC,
];

/** @throws UserError suggesting the nearest name */
export function methodNamed(name: string): MergeMethod {
  const method = METHODS.find(known => known.name === name);
  if (method) return method;
  const names = METHODS.map(known => known.name);
  const meant = nearest(name, names);
  throw new UserError(
    `no merge method "${name}"; ${meant ? `did you mean ${meant}?` : `there are ${names.join(', ')}`}`,
    'usage',
  );
}

/** What users see of the methods, without their implementation. */
export const methodInfos = (): MergeMethodInfo[] => METHODS.map(infoOf);

/** A method as plain data. */
export const infoOf = ({ way: _w, normalizes: _n, ...info }: MergeMethod): MergeMethodInfo => info;
