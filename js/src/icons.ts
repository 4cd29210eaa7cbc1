// The kit's pictures: only those named here are in the bundle. Names are those of Lucide.
import Activity from "lucide/dist/esm/icons/activity.mjs";
import Archive from "lucide/dist/esm/icons/archive.mjs";
import ArrowDown from "lucide/dist/esm/icons/arrow-down.mjs";
import ArrowLeft from "lucide/dist/esm/icons/arrow-left.mjs";
import ArrowRight from "lucide/dist/esm/icons/arrow-right.mjs";
import ArrowUp from "lucide/dist/esm/icons/arrow-up.mjs";
import Ban from "lucide/dist/esm/icons/ban.mjs";
import Bell from "lucide/dist/esm/icons/bell.mjs";
import BookOpen from "lucide/dist/esm/icons/book-open.mjs";
import Boxes from "lucide/dist/esm/icons/boxes.mjs";
import Calendar from "lucide/dist/esm/icons/calendar.mjs";
import ChartColumn from "lucide/dist/esm/icons/chart-column.mjs";
import ChartPie from "lucide/dist/esm/icons/chart-pie.mjs";
import Check from "lucide/dist/esm/icons/check.mjs";
import CheckCheck from "lucide/dist/esm/icons/check-check.mjs";
import ChevronDown from "lucide/dist/esm/icons/chevron-down.mjs";
import ChevronLeft from "lucide/dist/esm/icons/chevron-left.mjs";
import ChevronRight from "lucide/dist/esm/icons/chevron-right.mjs";
import ChevronsUpDown from "lucide/dist/esm/icons/chevrons-up-down.mjs";
import Circle from "lucide/dist/esm/icons/circle.mjs";
import CircleAlert from "lucide/dist/esm/icons/circle-alert.mjs";
import CircleCheck from "lucide/dist/esm/icons/circle-check.mjs";
import CircleDashed from "lucide/dist/esm/icons/circle-dashed.mjs";
import CirclePause from "lucide/dist/esm/icons/circle-pause.mjs";
import CircleQuestionMark from "lucide/dist/esm/icons/circle-question-mark.mjs";
import CircleX from "lucide/dist/esm/icons/circle-x.mjs";
import Clock from "lucide/dist/esm/icons/clock.mjs";
import Code from "lucide/dist/esm/icons/code.mjs";
import Columns3 from "lucide/dist/esm/icons/columns-3.mjs";
import Copy from "lucide/dist/esm/icons/copy.mjs";
import Database from "lucide/dist/esm/icons/database.mjs";
import Download from "lucide/dist/esm/icons/download.mjs";
import Ellipsis from "lucide/dist/esm/icons/ellipsis.mjs";
import ExternalLink from "lucide/dist/esm/icons/external-link.mjs";
import Eye from "lucide/dist/esm/icons/eye.mjs";
import FileText from "lucide/dist/esm/icons/file-text.mjs";
import Folder from "lucide/dist/esm/icons/folder.mjs";
import FolderTree from "lucide/dist/esm/icons/folder-tree.mjs";
import Funnel from "lucide/dist/esm/icons/funnel.mjs";
import Gauge from "lucide/dist/esm/icons/gauge.mjs";
import GitBranch from "lucide/dist/esm/icons/git-branch.mjs";
import GitCompare from "lucide/dist/esm/icons/git-compare.mjs";
import HardDrive from "lucide/dist/esm/icons/hard-drive.mjs";
import Hourglass from "lucide/dist/esm/icons/hourglass.mjs";
import House from "lucide/dist/esm/icons/house.mjs";
import Inbox from "lucide/dist/esm/icons/inbox.mjs";
import Info from "lucide/dist/esm/icons/info.mjs";
import Keyboard from "lucide/dist/esm/icons/keyboard.mjs";
import Layers from "lucide/dist/esm/icons/layers.mjs";
import LayoutDashboard from "lucide/dist/esm/icons/layout-dashboard.mjs";
import Link from "lucide/dist/esm/icons/link.mjs";
import ListChecks from "lucide/dist/esm/icons/list-checks.mjs";
import ListFilter from "lucide/dist/esm/icons/list-filter.mjs";
import Loader from "lucide/dist/esm/icons/loader.mjs";
import Lock from "lucide/dist/esm/icons/lock.mjs";
import LogOut from "lucide/dist/esm/icons/log-out.mjs";
import Menu from "lucide/dist/esm/icons/menu.mjs";
import Minus from "lucide/dist/esm/icons/minus.mjs";
import Moon from "lucide/dist/esm/icons/moon.mjs";
import Notebook from "lucide/dist/esm/icons/notebook.mjs";
import OctagonAlert from "lucide/dist/esm/icons/octagon-alert.mjs";
import Package from "lucide/dist/esm/icons/package.mjs";
import Palette from "lucide/dist/esm/icons/palette.mjs";
import PanelLeft from "lucide/dist/esm/icons/panel-left.mjs";
import Pause from "lucide/dist/esm/icons/pause.mjs";
import Play from "lucide/dist/esm/icons/play.mjs";
import Plug from "lucide/dist/esm/icons/plug.mjs";
import Plus from "lucide/dist/esm/icons/plus.mjs";
import Power from "lucide/dist/esm/icons/power.mjs";
import RefreshCw from "lucide/dist/esm/icons/refresh-cw.mjs";
import Rocket from "lucide/dist/esm/icons/rocket.mjs";
import RotateCcw from "lucide/dist/esm/icons/rotate-ccw.mjs";
import Save from "lucide/dist/esm/icons/save.mjs";
import ScanSearch from "lucide/dist/esm/icons/scan-search.mjs";
import ScrollText from "lucide/dist/esm/icons/scroll-text.mjs";
import Search from "lucide/dist/esm/icons/search.mjs";
import Server from "lucide/dist/esm/icons/server.mjs";
import Settings from "lucide/dist/esm/icons/settings.mjs";
import Shield from "lucide/dist/esm/icons/shield.mjs";
import ShieldCheck from "lucide/dist/esm/icons/shield-check.mjs";
import Sigma from "lucide/dist/esm/icons/sigma.mjs";
import SkipForward from "lucide/dist/esm/icons/skip-forward.mjs";
import Sparkles from "lucide/dist/esm/icons/sparkles.mjs";
import Square from "lucide/dist/esm/icons/square.mjs";
import Star from "lucide/dist/esm/icons/star.mjs";
import Sun from "lucide/dist/esm/icons/sun.mjs";
import Table from "lucide/dist/esm/icons/table.mjs";
import Table2 from "lucide/dist/esm/icons/table-2.mjs";
import Tag from "lucide/dist/esm/icons/tag.mjs";
import Terminal from "lucide/dist/esm/icons/terminal.mjs";
import Trash from "lucide/dist/esm/icons/trash.mjs";
import TriangleAlert from "lucide/dist/esm/icons/triangle-alert.mjs";
import Undo2 from "lucide/dist/esm/icons/undo-2.mjs";
import Unplug from "lucide/dist/esm/icons/unplug.mjs";
import Upload from "lucide/dist/esm/icons/upload.mjs";
import User from "lucide/dist/esm/icons/user.mjs";
import Users from "lucide/dist/esm/icons/users.mjs";
import WandSparkles from "lucide/dist/esm/icons/wand-sparkles.mjs";
import Warehouse from "lucide/dist/esm/icons/warehouse.mjs";
import Workflow from "lucide/dist/esm/icons/workflow.mjs";
import Wrench from "lucide/dist/esm/icons/wrench.mjs";
import X from "lucide/dist/esm/icons/x.mjs";
import Zap from "lucide/dist/esm/icons/zap.mjs";

type Shape = readonly (readonly [tag: string, attributes: Record<string, string | number | undefined>])[];

export const ICONS: Record<string, Shape> = {
  activity: Activity,
  archive: Archive,
  "arrow-down": ArrowDown,
  "arrow-left": ArrowLeft,
  "arrow-right": ArrowRight,
  "arrow-up": ArrowUp,
  ban: Ban,
  bell: Bell,
  "book-open": BookOpen,
  boxes: Boxes,
  calendar: Calendar,
  "chart-column": ChartColumn,
  "chart-pie": ChartPie,
  check: Check,
  "check-check": CheckCheck,
  "chevron-down": ChevronDown,
  "chevron-left": ChevronLeft,
  "chevron-right": ChevronRight,
  "chevrons-up-down": ChevronsUpDown,
  circle: Circle,
  "circle-alert": CircleAlert,
  "circle-check": CircleCheck,
  "circle-dashed": CircleDashed,
  "circle-pause": CirclePause,
  "circle-x": CircleX,
  "circle-help": CircleQuestionMark,
  clock: Clock,
  history: RotateCcw,
  code: Code,
  "columns-3": Columns3,
  copy: Copy,
  database: Database,
  download: Download,
  ellipsis: Ellipsis,
  "external-link": ExternalLink,
  eye: Eye,
  "file-text": FileText,
  folder: Folder,
  "folder-tree": FolderTree,
  funnel: Funnel,
  gauge: Gauge,
  "git-branch": GitBranch,
  "git-compare": GitCompare,
  "hard-drive": HardDrive,
  hourglass: Hourglass,
  house: House,
  inbox: Inbox,
  info: Info,
  keyboard: Keyboard,
  layers: Layers,
  "layout-dashboard": LayoutDashboard,
  link: Link,
  "list-checks": ListChecks,
  "list-filter": ListFilter,
  loader: Loader,
  lock: Lock,
  "log-out": LogOut,
  menu: Menu,
  minus: Minus,
  moon: Moon,
  notebook: Notebook,
  "octagon-alert": OctagonAlert,
  package: Package,
  palette: Palette,
  "panel-left": PanelLeft,
  pause: Pause,
  play: Play,
  plug: Plug,
  plus: Plus,
  power: Power,
  "refresh-cw": RefreshCw,
  rocket: Rocket,
  "rotate-ccw": RotateCcw,
  save: Save,
  "scan-search": ScanSearch,
  "scroll-text": ScrollText,
  search: Search,
  server: Server,
  settings: Settings,
  shield: Shield,
  "shield-check": ShieldCheck,
  sigma: Sigma,
  "skip-forward": SkipForward,
  square: Square,
  sparkles: Sparkles,
  star: Star,
  sun: Sun,
  table: Table,
  "table-2": Table2,
  tag: Tag,
  terminal: Terminal,
  "trash-2": Trash,
  "triangle-alert": TriangleAlert,
  "undo-2": Undo2,
  unplug: Unplug,
  upload: Upload,
  user: User,
  users: Users,
  "wand-sparkles": WandSparkles,
  warehouse: Warehouse,
  workflow: Workflow,
  wrench: Wrench,
  x: X,
  zap: Zap,
};
