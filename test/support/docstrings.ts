// What the public docstrings leave out, as far as the compiler can tell.

import { resolve } from "node:path";
import * as ts from "typescript";

const root = resolve(import.meta.dirname, "../..");

/** Arrays of numbers with a shape. Bytes of files have none, but must be called bytes. */
const TYPED_ARRAY = /\b(?:Float32Array|Float64Array|Uint32Array|Uint8Array)\b/;
const SHAPE = /\[[^\]]+\]/;
const BYTES = /\bbytes\b/i;

/** Names of numbers that are measured in a unit, and the words that name one. */
const MEASURED =
  /^(?:seconds|interval|batchInterval|shift|rotation|shear|sigma|thickness|width|height|received|total|warmUp|every)$/;
const UNIT = /\b(?:second|millisecond|pixel|degree|byte|epoch|step|sample)s?\b/i;

/** Types that callers fill in, where what may be left out has a default; in results it may be absent. */
const OPTIONS = /(?:Options|Spec)\b|^Augmentation\b|^Recipe|\(\)/;
const DEFAULT = /\bdefault\b/i;
const ABSENT = /\b(?:absent|default)\b/i;
const ERROR = /\b\w*Error\b/;

/** Every shortcoming of the docstrings of what `entries` export, as `symbol: what is missing`. */
export function shortcomings(entries: string[], overlay: Record<string, string> = {}): string[] {
  const program = programOf(entries, overlay);
  const checker = program.getTypeChecker();
  const found = new Set<string>();
  const review = new Review(checker, (name, missing) => found.add(`${name}: ${missing}`));
  for (const entry of entries) {
    const source = program.getSourceFile(entry);
    const module = source && checker.getSymbolAtLocation(source);
    if (!module) throw new Error(`${entry} exports nothing`);
    for (const symbol of checker.getExportsOfModule(module)) review.exported(symbol);
  }
  return [...found].sort();
}

function programOf(entries: string[], overlay: Record<string, string>): ts.Program {
  const config = ts.readConfigFile(resolve(root, "tsconfig.json"), ts.sys.readFile).config;
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const host = ts.createCompilerHost(options, true);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (name) => name in overlay || fileExists(name);
  host.getSourceFile = (name, version, ...rest) => {
    const text = overlay[name];
    return text === undefined
      ? getSourceFile.call(host, name, version, ...rest)
      : ts.createSourceFile(name, text, version, true);
  };
  return ts.createProgram(entries, options, host);
}

class Review {
  private readonly seen = new Set<ts.Symbol>();

  constructor(
    private readonly checker: ts.TypeChecker,
    private readonly tell: (name: string, missing: string) => void,
  ) {}

  exported(alias: ts.Symbol): void {
    const isAlias = (alias.flags & ts.SymbolFlags.Alias) !== 0;
    const symbol = isAlias ? this.checker.getAliasedSymbol(alias) : alias;
    if (this.seen.has(symbol)) return;
    this.seen.add(symbol);
    this.described(symbol, symbol.name);
    for (const declaration of symbol.declarations ?? []) this.declaration(declaration, symbol);
  }

  private declaration(node: ts.Declaration, { name, declarations }: ts.Symbol): void {
    if (ts.isFunctionDeclaration(node)) this.callable(node, name, declarations);
    if (ts.isInterfaceDeclaration(node)) {
      for (const member of node.members) this.member(member, name);
      for (const { types } of node.heritageClauses ?? []) types.forEach(this.inherited, this);
    }
    if (ts.isTypeAliasDeclaration(node)) this.members(node.type, name);
    if (ts.isClassDeclaration(node)) {
      for (const member of node.members) if (isPublic(member)) this.member(member, name);
    }
  }

  /** The members that an interface takes from another one of this library, exported or not. */
  private inherited(type: ts.ExpressionWithTypeArguments): void {
    const symbol = this.checker.getTypeAtLocation(type).getSymbol();
    const isOurs = symbol?.declarations?.every((node) => !node.getSourceFile().fileName.includes("/node_modules/"));
    if (symbol && isOurs && ts.isInterfaceDeclaration(symbol.declarations?.[0] as ts.Node)) this.exported(symbol);
  }

  /** Members of types that are written out in place. */
  private members(type: ts.Node, owner: string): void {
    // A single member, such as the name that tells the variants of a type, is what the docstring of the whole is about.
    if (ts.isTypeLiteralNode(type) && type.members.length > 1)
      for (const member of type.members) this.member(member, owner);
    else if (!ts.isFunctionTypeNode(type)) ts.forEachChild(type, (child) => this.members(child, owner));
  }

  private member(node: ts.TypeElement | ts.ClassElement, owner: string): void {
    if (ts.isConstructorDeclaration(node)) {
      this.callable(node, `new ${owner}`);
      return;
    }
    const symbol = node.name && this.checker.getSymbolAtLocation(node.name);
    if (!symbol) return;
    const name = `${owner}.${symbol.name.startsWith("__@") ? node.name.getText() : symbol.name}`;
    this.described(symbol, name);
    if (ts.isMethodDeclaration(node)) this.callable(node, name);
    else if (ts.isPropertySignature(node) || ts.isPropertyDeclaration(node)) this.property(node, name);
  }

  private property(node: ts.PropertySignature | ts.PropertyDeclaration, name: string): void {
    const text = docOf(node);
    const type = node.type?.getText() ?? "";
    const isOption = OPTIONS.test(name);
    if (node.questionToken && !(isOption ? DEFAULT : ABSENT).test(text)) {
      this.tell(name, isOption ? "its default" : "when it is absent");
    }
    this.shapes(type, text, name);
    if (/\bnumber\b/.test(type) && MEASURED.test(node.name.getText()) && !UNIT.test(text)) this.tell(name, "its unit");
    if (node.type) this.members(node.type, name);
  }

  /** `signatures` of one function share what their docstrings say. */
  private callable(
    node: ts.FunctionDeclaration | ts.MethodDeclaration | ts.ConstructorDeclaration,
    name: string,
    signatures: readonly ts.Node[] = [node],
  ): void {
    const text = signatures.map(docOf).join("\n");
    if (text.trim() === "") this.tell(name, "a docstring");
    const types = [...node.parameters.map(({ type }) => type), node.type];
    this.shapes(types.map((type) => type?.getText() ?? "").join(" "), text, name);
    if (throws(node) && !ERROR.test(text)) this.tell(name, "its errors");
    for (const { type } of node.parameters) if (type) this.members(type, `${name}()`);
  }

  private shapes(type: string, text: string, name: string): void {
    if (TYPED_ARRAY.test(type) && !SHAPE.test(text) && !(type.includes("Uint8Array") && BYTES.test(text))) {
      this.tell(name, "the shape of its array in brackets, or that it holds bytes");
    }
  }

  private described(symbol: ts.Symbol, name: string): void {
    if (ts.displayPartsToString(symbol.getDocumentationComment(this.checker)).trim() === "") {
      this.tell(name, "a docstring");
    }
  }
}

function isPublic(member: ts.ClassElement): boolean {
  if (member.name && ts.isPrivateIdentifier(member.name)) return false;
  return (ts.getCombinedModifierFlags(member) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) === 0;
}

/** The text of the docstring before a declaration. */
function docOf(node: ts.Node): string {
  return ts
    .getJSDocCommentsAndTags(node)
    .map((doc) => doc.getText())
    .join("\n");
}

/** Whether the body throws, or calls a guard: a function whose name begins with `check`. */
function throws(node: ts.FunctionLikeDeclaration): boolean {
  const isThrowing = (inner: ts.Node): boolean => {
    if (ts.isThrowStatement(inner)) return true;
    if (ts.isCallExpression(inner) && /^(?:\w+\.)?#?check[A-Z]/.test(inner.expression.getText())) return true;
    return ts.forEachChild(inner, isThrowing) ?? false;
  };
  return node.body !== undefined && isThrowing(node.body);
}
