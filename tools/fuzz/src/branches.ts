import ts from 'typescript'

/** One arm of a decision. */
export interface Branch {
  /** Offset of its first character. */
  readonly at: number
  readonly line: number
  readonly what: string
}

/**
 * The arms of every decision in a JavaScript file: both sides of `if` and `?:`, right sides of `&&`, `||` and `??`, cases, bodies of loops, `catch`,
 * and functions. An `if` without `else` has one.
 */
export function branchesOf(text: string): Branch[] {
  const file = ts.createSourceFile('x.js', text, ts.ScriptTarget.ES2023, false, ts.ScriptKind.JS)
  const branches: Branch[] = []
  const add = (node: ts.Node, what: string): void => {
    const at = node.getStart(file)
    branches.push({ at, line: file.getLineAndCharacterOfPosition(at).line + 1, what })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isIfStatement(node)) {
      add(node.thenStatement, 'if')
      if (node.elseStatement) add(node.elseStatement, 'else')
    } else if (ts.isConditionalExpression(node)) {
      add(node.whenTrue, '?')
      add(node.whenFalse, ':')
    } else if (ts.isBinaryExpression(node) && isLogical(node.operatorToken.kind)) {
      add(node.right, node.operatorToken.getText(file))
    } else if (ts.isCaseOrDefaultClause(node)) {
      if (node.statements.length > 0) add(node.statements[0], 'case')
    } else if (ts.isCatchClause(node)) add(node.block, 'catch')
    else if (ts.isIterationStatement(node, false)) add(node.statement, 'loop')
    else if (ts.isFunctionLike(node) && 'body' in node && node.body) add(node.body as ts.Node, 'function')
    ts.forEachChild(node, visit)
  }
  visit(file)
  return branches
}

function isLogical(kind: ts.SyntaxKind): boolean {
  return (
    kind === ts.SyntaxKind.AmpersandAmpersandToken ||
    kind === ts.SyntaxKind.BarBarToken ||
    kind === ts.SyntaxKind.QuestionQuestionToken
  )
}
