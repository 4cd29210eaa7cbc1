import type { VNode } from "preact";
import type { ComponentName, Components } from "../contract.gen";
import type { Slot } from "../runtime/render";
import { Button, Copy, Download, Menu } from "./actions";
import { Confirm, Drawer } from "./dialog";
import { Alert, Empty, Icon, Pills, Problem, Progress, Skeleton, Status, Text } from "./feedback";
import { ChipsField } from "./fields/chips";
import { ComboField } from "./fields/combo";
import { FieldGroup, Form } from "./fields/form";
import {
  CheckField,
  ChecksField,
  NumberField,
  RadioField,
  SelectField,
  SwitchField,
  TextField,
} from "./fields/simple";
import { KeyValue, Stat, StatCards } from "./figures";
import { Job } from "./job";
import { late } from "./late";
import { Card, Disclosure, Grid, Header, Link, Page, Show, Stack, Toolbar } from "./layout";
import { Log } from "./log";
import { Stepper, Wizard } from "./steps";
import { Tabs } from "./tabs";

type Registry = { readonly [N in ComponentName]: (props: Components[N] & Slot) => VNode | null };

/** Every component of the contract; one that is missing, or takes other properties, does not compile. */
export const REGISTRY: Registry = {
  Alert,
  Button,
  Card,
  Chart: late("Chart", "chart"),
  CheckField,
  ChecksField,
  ChipsField,
  Code: late("Code", "lines"),
  ComboField,
  Confirm,
  Copy,
  DateField: late("DateField", "form"),
  Diff: late("Diff", "lines"),
  Disclosure,
  Download,
  Drawer,
  Empty,
  FieldGroup,
  Form,
  Grid,
  Header,
  Icon,
  Job,
  KeyValue,
  Link,
  Log,
  MapField: late("MapField", "form"),
  Markdown: late("Markdown", "lines"),
  Menu,
  NumberField,
  Page,
  Pills,
  Problem,
  Progress,
  RadioField,
  SelectField,
  Show,
  Skeleton,
  Split: late("Split", "lines"),
  SqlField: late("SqlField", "form"),
  Stack,
  Stat,
  StatCards,
  Status,
  Stepper,
  SwitchField,
  Table: late("Table", "table"),
  TableChoices: late("TableChoices", "form"),
  Tabs,
  Text,
  TextField,
  Timeline: late("Timeline", "lines"),
  Toolbar,
  Tree: late("Tree", "lines"),
  Wizard,
};
